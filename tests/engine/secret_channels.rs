//! To outsiders, a secret channel looks exactly like one that does not exist, with every command.

use std::collections::BTreeSet;

use crate::testbench::{CONFIG, TestBench};

const MORE: &str = "
accounts:
  authentication-enabled: true
  registration: {enabled: true, bcrypt-cost: 4}
  nick-reservation: {enabled: true, method: strict}
  multiclient: {enabled: true, allowed-by-default: true, always-on: opt-in}
roleplay: {enabled: true}
history:
  enabled: true
  channel-length: 100
  client-length: 100
  chathistory-maxmessages: 50
  retention: {allow-individual-delete: true}
";

const MSGID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The commands that an outsider can use with a channel, `{c}`.
const QUESTIONS: &[&str] = &[
    "AMBIANCE {c} :it rains",
    "BATCH +1 draft/multiline {c}|@batch=1 PRIVMSG {c} :hello|BATCH -1",
    "CHATHISTORY LATEST {c} * 10",
    "CHATHISTORY BEFORE {c} timestamp=2030-01-01T00:00:00.000Z 10",
    "CHATHISTORY AFTER {c} timestamp=2001-01-01T00:00:00.000Z 10",
    "CHATHISTORY AROUND {c} timestamp=2020-01-01T00:00:00.000Z 10",
    "CHATHISTORY BETWEEN {c} timestamp=2001-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 10",
    "CHATHISTORY TARGETS timestamp=2001-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 10",
    "CHANSERV INFO {c}",
    "CS AMODE {c}",
    "CS AMODE {c} +o outsider",
    "CS CLEAR {c} users",
    "CS DEOP {c}",
    "CS DEOP {c} owner",
    "CS GET {c} history",
    "CS HOWTOBAN {c} owner",
    "CS INFO {c}",
    "CS INFO",
    "CS LIST",
    "CS OP {c}",
    "CS OP {c} owner",
    "CS PURGE ADD {c}",
    "CS REGISTER {c}",
    "CS SET {c} history on",
    "CS TRANSFER {c} outsider",
    "CS TRANSFER ACCEPT {c}",
    "CS UNREGISTER {c}",
    "CS UNREGISTER {c} 12345",
    "HISTORY {c}",
    "HISTSERV DELETE {c} {id}",
    "HISTSERV PLAY {c}",
    "INVITE owner {c}",
    "INVITE outsider {c}",
    "INVITE absent {c}",
    "KICK {c} owner",
    "KICK {c} absent :why",
    "KICK {c},#mine owner,owner",
    "LIST",
    "LIST {c}",
    "LIST U>0",
    "MARKREAD {c}",
    "MARKREAD {c} timestamp=2020-11-13T01:00:00.000Z",
    "MODE {c}",
    "MODE {c} +b",
    "MODE {c} +i",
    "MODE {c} +o outsider",
    "MODE #mine +f {c}",
    "NAMES",
    "NAMES {c}",
    "NOTICE {c} :hello",
    "NPC {c} fox :hello",
    "NPCA {c} fox :bows",
    "NS INFO owner",
    "PART {c}",
    "PRIVMSG {c} :hello",
    "PRIVMSG @{c} :hello",
    "PRIVMSG {c},#mine :hello",
    "PRIVMSG *playback :play {c} 0",
    "REDACT {c} {id}",
    "REDACT {c} {id} :why",
    "RELAYMSG {c} smt/discord :hello",
    "SAJOIN {c}",
    "SAMODE {c} +i",
    "SCENE {c} :it rains",
    "@+typing=active TAGMSG {c}",
    "TOPIC {c}",
    "TOPIC {c} :mine now",
    "UBAN INFO {c}",
    "UNINVITE owner {c}",
    "WHO {c}",
    "WHO owner",
    "WHO {c} %tcuhnfdlaor,1",
    "WHOIS owner",
    "WHOWAS owner",
    "ZNC *playback play {c}",
    "PART {c},#mine :bye",
];

/// Commands that do not name channels of others, or (JOIN) let a client in or give the reason against it; and
/// other words in the index of HELP.
const WITHOUT_CHANNELS: &str = "ACCEPT AUTHENTICATE AWAY CAP DEBUG DEFCON DEOPER DLINE ERROR HELP HELPOP \
    HOSTSERV HS INFO ISON ISUPPORT JOIN KILL KLINE LANGUAGE LUSERS MONITOR MOTD NICK NICKSERV OPER PASS \
    PERSISTENCE PING PONG QUIT REGISTER REHASH SANICK SETNAME SUMMON TIME UNDLINE UNKLINE USER USERHOST \
    USERS VERIFY VERSION WEBIRC CMODES MODES PREFIX SNOMASKS UMODES";

fn config() -> String {
    let server = "server:\n  relaymsg: {enabled: true, separators: /, available-to-chanops: true}\n";
    let config = CONFIG
        .replace("server:\n", server)
        .replace("channels: {", "channels: {registration: {enabled: true}, ");
    format!("{config}{MORE}").replace("limits:\n", "limits:\n  multiline: {max-bytes: 4096, max-lines: 24}\n")
}

/// Returns a bench with a secret channel `#hidden`, and an outsider who owns another channel.
fn bench(config: &str, logged_in: bool) -> TestBench {
    let caps = "batch draft/multiline message-tags draft/chathistory draft/read-marker echo-message \
        labeled-response draft/message-redaction draft/relaymsg server-time";
    let mut bench = TestBench::new(config);
    bench.check_every = 1000;
    for name in ["owner", "outsider"] {
        bench.connect(name, "127.0.0.1".parse().unwrap(), true, None);
        for cap in caps.split_whitespace() {
            bench.send(name, &format!("CAP REQ {cap}"));
        }
        for line in [format!("NICK {name}"), format!("USER {name} 0 * :{name}"), "CAP END".to_owned()] {
            bench.send(name, &line);
        }
        if name == "owner" || logged_in {
            bench.send(name, "NS REGISTER sesame");
            bench.perform();
        }
    }
    for line in [
        "JOIN #hidden",
        "CS REGISTER #hidden",
        "TOPIC #hidden :about",
        "MODE #hidden +sE",
        "PRIVMSG #hidden :hello",
    ] {
        bench.send("owner", line);
    }
    for line in ["JOIN #mine", "CS REGISTER #mine", "MODE #mine +E"] {
        bench.send("outsider", line);
    }
    bench
}

/// Sends the lines of a question about a channel. Returns the answer without the channel's name.
fn ask(bench: &mut TestBench, by: &str, question: &str, channel: &str) -> String {
    let lines = question.replace("{c}", channel).replace("{id}", MSGID);
    lines.split('|').map(|line| bench.send(by, line)).collect::<String>().replace(channel, "#...")
}

#[test]
fn a_secret_channel_looks_nonexistent() {
    let config = config();
    let mut differences = Vec::new();
    for logged_in in [true, false] {
        // Both benches receive the same questions, so the outsiders stay equal while the answers are.
        let (mut there, mut elsewhere) = (bench(&config, logged_in), bench(&config, logged_in));
        for question in QUESTIONS {
            let hidden = ask(&mut there, "outsider", question, "#hidden");
            let absent = ask(&mut elsewhere, "outsider", question, "#absent");
            if hidden != absent || absent.contains("#hidden") || hidden.contains("about") {
                differences.push(format!(
                    "{question} (logged in: {logged_in})\n  hidden: {hidden}\n  absent: {absent}"
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// For the founder, most answers differ, so the comparison above is meaningful.
#[test]
fn the_questions_distinguish_an_existing_channel() {
    let config = config();
    let differs = |question: &&&str| {
        let (mut there, mut elsewhere) = (bench(&config, true), bench(&config, true));
        ask(&mut there, "owner", question, "#hidden") != ask(&mut elsewhere, "owner", question, "#absent")
    };
    let differing = QUESTIONS.iter().filter(differs).count();
    assert!(differing >= QUESTIONS.len() / 2, "{differing}");
}

#[test]
fn every_command_that_takes_a_channel_is_asked() {
    let mut bench = bench(&config(), true);
    let index = bench.send("outsider", "HELP");
    let word = |question: &'static str| {
        question.split(' ').find(|word| !word.starts_with('@')).expect("a question begins with its command")
    };
    let asked: BTreeSet<&str> =
        QUESTIONS.iter().map(|&question| word(question)).chain(WITHOUT_CHANNELS.split_whitespace()).collect();
    let is_command = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
    let listed: BTreeSet<&str> = index
        .lines()
        .filter_map(|line| line.split_once(" :").map(|(_, text)| text))
        .flat_map(str::split_whitespace)
        .filter(is_command)
        .collect();
    assert!(listed.contains("PRIVMSG") && listed.contains("TOPIC"), "{index}");
    let missing: Vec<_> = listed.difference(&asked).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

//! Simulation: random clients, slow and failing jobs, jumping clocks. After every event the state must be
//! consistent, and clients must have received only lines that they may see, in a form that they support.
//! A seed determines a run. Each run happens twice, the second time with an engine that is converted to
//! bytes and restored at some event.

use std::collections::{BTreeMap, BTreeSet};

use ircd::engine::{Call, CloseReason, Door};
use ircd::wire::{Cap, Caps};

use crate::calls::random_call;
use crate::invariants::{check_label, check_tags, tag};
use crate::testbench::{CONFIG, TestBench, door};
use crate::transcript::merged;

const SEEDS: u64 = 1000;
const STEPS: usize = 150;
pub const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Returns the configuration of the bench, with accounts and registered channels.
fn config() -> String {
    const ACCOUNTS: &str = "{authentication-enabled: true, registration: {enabled: true, bcrypt-cost: 4},
        nick-reservation: {enabled: true, method: strict, additional-nick-limit: 2},
        vhosts: {enabled: true, max-length: 20}}";
    const CHANNELS: &str = "{registration: {enabled: true, max-channels-per-account: 2}}";
    const CLASSES: &str =
        "{admin: {capabilities: [kill, ban, rehash, samode, sajoin, chanreg, accreg, vhosts]}}";
    // Little history in memory, so that stored history is requested.
    const HISTORY: &str = "{enabled: true, channel-length: 5, client-length: 5, chathistory-maxmessages: 20,
        autoreplay-on-join: 3, tagmsg-storage: {default: true}, retention: {allow-individual-delete: true},
        persistent: {enabled: true, unregistered-channels: true, registered-channels: opt-out,
            direct-messages: opt-out}}";
    const DATASTORE: &str = "{sqlite: {enabled: true, database-path: history.db}}";
    const SPEECH: &str = "server: {relaymsg: {enabled: true, separators: '/', available-to-chanops: true}},
        limits: {multiline: {max-bytes: 20, max-lines: 5}}, roleplay: {enabled: true}";
    let sections = format!("accounts: {ACCOUNTS}, channels: {CHANNELS}, oper-classes: {CLASSES}, {SPEECH}");
    merged(CONFIG, &format!("{{{sections}, history: {HISTORY}, datastore: {DATASTORE}}}"))
}

const CHANNELS: [&str; 6] = ["#x", "#y", "#z", "#X", "#x,#y", "#none"];
const MODES: [&str; 22] = [
    "+E", "+o", "-o", "+v", "+h", "+nt", "-n", "+m", "+i", "+s", "+C", "+b *!*@*", "-b *!*@*", "+l 2",
    "+k key", "+f #y", "-f", "+M", "+R", "+U", "+u", "-u",
];
const CAPS: [&str; 14] = [
    "batch draft/multiline",
    "draft/relaymsg",
    "draft/chathistory draft/event-playback",
    "znc.in/playback",
    "draft/message-redaction message-tags",
    "server-time",
    "message-tags",
    "echo-message",
    "batch labeled-response",
    "extended-join away-notify",
    "extended-monitor setname",
    "multi-prefix userhost-in-names",
    "-echo-message",
    "nonsense",
];
const OPER_COMMANDS: [&str; 9] = [
    "KLINE ANDKILL 1h a!*@*",
    "KLINE ANDKILL MYSELF *!*@192.0.2.1",
    "UNKLINE *!*@192.0.2.1",
    "DLINE ANDKILL 30s 192.0.2.0/24",
    "UBAN ADD 192.0.2.1",
    "UBAN DEL 192.0.2.1",
    "UBAN LIST",
    "MODE a +s cdjknoqux",
    "PRIVMSG $$* :to all",
];

#[test]
fn no_invariant_breaks_in_a_thousand_seeds() {
    let (mut registered, mut batches) = (0, 0);
    for seed in 0..SEEDS {
        let mut run = |restore_before: Option<usize>| {
            let mut random = Random(seed);
            let mut world = World::new(seed);
            world.bench.restore_before = restore_before;
            let said = (0..STEPS).map(|_| world.step(&random.step(&world))).collect::<String>();
            registered += world.bench.engine.state().registered_channels().count();
            batches += said.matches(" draft/multiline ").count();
            let farewell = world.bench.stop("The end");
            world.bench.assert_restores(&config());
            (said + &farewell, world.bench.digests)
        };
        let first = run(None);
        let event = Random(seed ^ 0xffff).below(first.1.len());
        assert!(
            first == run(Some(event)),
            "seed {seed}, restored before event {event}, differs from the first run"
        );
    }
    assert!(batches as u64 > SEEDS / 2, "hardly any multiline messages: {batches}");
    assert!(registered as u64 > SEEDS / 10, "hardly any registered channels: {registered}");
}

/// splitmix64: small, and the same on every platform.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// Returns a step that is possible now.
    pub fn step(&mut self, world: &World) -> Step {
        let live: Vec<&str> = NAMES.into_iter().filter(|name| world.is_live(name)).collect();
        if live.is_empty() || self.below(20) == 0 {
            return Step::Connect(self.one(&NAMES).to_owned(), self.below(2) == 0);
        }
        let name = self.one(&live).to_owned();
        match self.below(60) {
            0 => Step::HangUp(name, self.below(3)),
            1 => Step::Pass([10, 1000, 61_000, 95_000][self.below(4)]),
            2..4 => Step::Drain(name),
            // Answer jobs often, or most clients would wait most of the time.
            4..24 if world.bench.has_jobs() => Step::Answer(self.below(5) / 2),
            7..10 => Step::Register(name),
            13..15 => {
                let lines = self.batch();
                Step::Lines(name, lines)
            }
            10..13 if world.confirmations.contains_key(&name) => {
                let line = world.confirmations[&name].clone();
                Step::Line(name, line)
            }
            15 => Step::Call(random_call(self)),
            _ => {
                let line = self.line();
                Step::Line(name, line)
            }
        }
    }

    fn line(&mut self) -> String {
        let (nick, channel) = (self.one(&NAMES), self.one(&CHANNELS));
        let line = match self.below(54) {
            0..4 => format!("JOIN {channel}"),
            4 => format!("PART {channel} :bye"),
            5 => format!("JOIN {channel} key"),
            6 => format!("KICK {channel} {nick} :out"),
            7..9 => format!("MODE {channel} {} {nick}", self.one(&MODES)),
            9 => format!("MODE {channel} {}", self.one(&MODES)),
            10 => format!("TOPIC {channel} :topic {nick}"),
            11 => format!("INVITE {nick} {channel}"),
            12..15 => format!("PRIVMSG {channel} :hello from {nick}"),
            15 => format!("NOTICE {nick},{channel} :note"),
            16 => format!("@+react=x TAGMSG {channel}"),
            17 => format!("PRIVMSG @{channel} :to operators"),
            18 => format!("NICK {}", self.one(&["a", "b", "c", "N1", "n1", "bad nick", "é"])),
            19 => self.one(&["AWAY :gone", "AWAY", "SETNAME :other", "MODE a +B", "MODE b -i"]).to_owned(),
            20 => format!("WHO {channel}"),
            21 => format!("WHOIS {nick}"),
            22 => format!("NAMES {channel}"),
            23 => self.one(&["LIST", "LUSERS", "MOTD", "VERSION", "HELP", "WHOWAS a", "ISON a b"]).to_owned(),
            24 => format!("CAP REQ :{}", self.one(&CAPS)),
            25 => self.one(&["CAP LS 302", "CAP LIST", "CAP END", "QUIT :done", "JOIN 0"]).to_owned(),
            26 => self.one(&["OPER admin wrong", "OPER unknown x", "OPER admin operpassword"]).to_owned(),
            27 => format!("KILL {nick} :dead"),
            28 => self.one(&["", "\\xff\\xfe", ":", "@x", "PING", "NOSUCH x", "LANGUAGE zh-CN"]).to_owned(),
            29 => format!("MONITOR {} {nick},{}", self.one(&["+", "-"]), self.one(&NAMES)),
            30 => self.one(&["MONITOR C", "MONITOR L", "MONITOR S", "MODE c +R", "MODE d -R"]).to_owned(),
            31 => {
                format!("{} {nick}", self.one(&["ACCEPT", "ACCEPT -", "UNINVITE"])) + self.one(&["", " #x"])
            }
            32..36 => self.chanserv_command(),
            36..40 => self.service_command(),
            40 => self.one(&OPER_COMMANDS).to_owned(),
            41 => {
                format!("{} {nick} {channel}", self.one(&["SAJOIN", "SANICK", "SAMODE"]))
                    + self.one(&["", " +B"])
            }
            42..48 => self.history_command(),
            48..52 => self.batch_or_relay(),
            52 => self.chanserv_command(),
            _ => "PING token".to_owned(),
        };
        match (self.below(4), line.strip_prefix('@')) {
            (0, None) => format!("@label=L{} {line}", self.below(1000)),
            (0, Some(tagged)) => format!("@label=L{};{tagged}", self.below(1000)),
            _ => line,
        }
    }
}

impl Random {
    /// Returns a multiline message, not always valid or complete.
    fn batch(&mut self) -> Vec<String> {
        let target = self.one(&["#x", "#x", "#y", "a", "b"]);
        let mut lines = vec![format!("@label=L{};+x=y BATCH +1 draft/multiline {target}", self.below(1000))];
        let verb = self.one(&["PRIVMSG", "NOTICE"]);
        for _ in 0..self.below(6) {
            lines.push(match self.below(12) {
                0 => self.batch_or_relay(),
                1..3 => format!("@batch=1 {verb} {target} :"),
                3..6 => format!("@batch=1;draft/multiline-concat {verb} {target} :on"),
                _ => format!("@batch=1 {verb} {target} :text"),
            });
        }
        if self.below(4) > 0 {
            lines.push("BATCH -1".to_owned());
        }
        lines
    }

    /// Returns a multiline message, or one on behalf of another nick.
    fn batch_or_relay(&mut self) -> String {
        let target = self.one(&["#x", "#y", "a", "b"]);
        match self.below(12) {
            0..3 => format!("BATCH +{} draft/multiline {target}", self.one(&["1", "1", "2"])),
            3..6 => {
                format!("@batch=1 PRIVMSG {target} :{}", self.one(&["one", "two", "", "\\x01VERSION\\x01"]))
            }
            6 => format!("@batch=1;draft/multiline-concat {} {target} :on", self.one(&["PRIVMSG", "NOTICE"])),
            7..9 => format!("BATCH -{}", self.one(&["1", "1", "2"])),
            9 => format!("RELAYMSG {target} {} :hi", self.one(&["far/away", "near", "a/b"])),
            10 => format!("NPC {target} {} :hi", self.one(&["bilbo", "HistServ", "a"])),
            _ => self.one(&["SCENE #x :dark", "NPCA #y bilbo :eats", "MODE a +E", "MODE b +E"]).to_owned(),
        }
    }

    /// Returns a request for history, or a deletion.
    fn history_command(&mut self) -> String {
        let target = self.one(&["#x", "#y", "#x", "a", "b", "c"]);
        let (start, end) = (self.reference(), self.reference());
        match self.below(12) {
            0..3 => format!("CHATHISTORY LATEST {target} {start} 10"),
            3 => format!("CHATHISTORY BEFORE {target} {start} 10"),
            4 => format!("CHATHISTORY AFTER {target} {start} 10"),
            5 => format!("CHATHISTORY AROUND {target} {start} 5"),
            6 => format!("CHATHISTORY BETWEEN {target} {start} {end} 10"),
            7 => format!("CHATHISTORY TARGETS {start} {end} 10"),
            8 => format!("REDACT {target} {}", start.trim_start_matches("msgid=")),
            9 => format!("HISTORY {target}"),
            10 => {
                self.one(&["PRIVMSG *playback :PLAY *", "PRIVMSG *playback :LIST", "HISTSERV PLAY #x"]).into()
            }
            _ => "HISTSERV FORGET a".to_owned(),
        }
    }

    /// Returns a reference to a message; all runs have the same first ids.
    fn reference(&mut self) -> String {
        let number = self.below(60) as u32;
        match self.below(3) {
            0 => "*".to_owned(),
            1 => format!("timestamp=2020-11-13T01:55:{number:02}.201Z"),
            _ => format!("msgid={}", ircd::wire::MsgId::new(1_605_232_502_201, number, 0).as_str()),
        }
    }

    fn chanserv_command(&mut self) -> String {
        let (account, channel) = (self.one(&NAMES), self.one(&["#x", "#y", "#X"]));
        let command = match self.below(16) {
            0..4 => format!("REGISTER {channel}"),
            4 => format!("UNREGISTER {channel}"),
            5 => format!("OP {channel} {account}"),
            6 => format!("OP {channel}"),
            7 => format!("DEOP {channel} {account}"),
            8..10 => format!("AMODE {channel} {} {account}", self.one(&["+o", "-o", "+v", "+q", "-v"])),
            10 => format!("CLEAR {channel} {}", self.one(&["users", "access", "nothing"])),
            11 => format!("TRANSFER {channel} {account}"),
            12 => format!("TRANSFER ACCEPT {channel}"),
            13 => format!("PURGE {} {channel}", self.one(&["ADD", "DEL", "DEL"])),
            14 => format!("HOWTOBAN {channel} {account}"),
            _ => self.one(&["LIST", "INFO #x", "PURGE LIST", "SET #x history on", "HELP"]).to_owned(),
        };
        format!("CS {command}")
    }

    fn service_command(&mut self) -> String {
        let (account, nick) = (self.one(&NAMES), self.one(&NAMES));
        match self.below(12) {
            0..4 => "NS REGISTER passphrase".to_owned(),
            4..6 => format!("NS IDENTIFY {account} passphrase"),
            6 => format!("NS UNREGISTER {account}"),
            7 => format!("NS ERASE {account}"),
            8 => self.one(&["NS GROUP", "NS DROP", "NS INFO", "NS LIST", "HS ON", "HS OFF"]).to_owned(),
            9 => format!("NS GHOST {nick}"),
            10 => format!("HS SET {account} {}", self.one(&["a.host", "b.host", "not!ahost"])),
            _ => format!("HS DEL {account}"),
        }
    }
}

/// A step of a run.
#[derive(Clone, Debug)]
pub enum Step {
    Connect(String, bool),
    Register(String),
    Line(String, String),
    Lines(String, Vec<String>),
    HangUp(String, usize),
    Drain(String),
    Answer(usize),
    Call(Call),
    Pass(u64),
}

/// The bench, and the expectations of each client.
pub struct World {
    pub bench: TestBench,
    seed: u64,
    connected: BTreeSet<String>,
    open_batches: BTreeMap<String, BTreeSet<String>>,
    /// The labels of open batches from clients, which are answered when the batch ends.
    deferred_labels: BTreeMap<String, String>,
    /// Channel messages as first sent, by id.
    messages: BTreeMap<String, String>,
    /// The confirming command that a service has requested from a client.
    confirmations: BTreeMap<String, String>,
}

impl World {
    pub fn new(seed: u64) -> World {
        World {
            bench: TestBench::new(&config()),
            seed,
            connected: BTreeSet::new(),
            open_batches: BTreeMap::new(),
            deferred_labels: BTreeMap::new(),
            messages: BTreeMap::new(),
            confirmations: BTreeMap::new(),
        }
    }

    pub fn is_live(&self, name: &str) -> bool {
        self.connected.contains(name) && self.bench.is_live(name)
    }

    /// Takes a step, checks the output, and returns it.
    pub fn step(&mut self, step: &Step) -> String {
        let caps_before = self.caps();
        let said = match step {
            Step::Connect(name, _) if self.is_live(name) => String::new(),
            Step::Connect(name, secure) => {
                self.connected.insert(name.clone());
                self.open_batches.remove(name);
                self.deferred_labels.remove(name);
                // Bans never match loopback.
                let ip = if *secure { "192.0.2.1" } else { "127.0.0.1" }.parse().unwrap();
                let door = Door { secure: *secure, ..door(ip) };
                if !*secure {
                    self.bench.enter(name, door)
                } else {
                    let said = self.bench.arrive(name, door.clone());
                    said + &self.if_live(name, |bench| bench.shake_hands(name, door))
                }
            }
            Step::Register(name) => {
                self.bench.send(name, &format!("NICK {name}"))
                    + &self.if_live(name, |bench| bench.send(name, "USER u 0 * :Real Name"))
            }
            Step::Line(name, line) => self.bench.send(name, line),
            Step::Lines(name, lines) => {
                let mut said = String::new();
                for line in lines {
                    if self.is_live(name) {
                        said += &self.step(&Step::Line(name.clone(), line.clone()));
                    }
                }
                return said;
            }
            Step::HangUp(name, how) => {
                let reasons =
                    [CloseReason::Hangup, CloseReason::SendqExceeded, CloseReason::Failed("reset".into())];
                self.bench.hang_up(name, reasons[*how].clone())
            }
            Step::Drain(name) => self.bench.drained(name),
            Step::Answer(which) => self.bench.conclude(*which),
            Step::Call(call) => self.bench.call(call.clone()),
            Step::Pass(ms) => self.bench.pass(*ms),
        };
        self.check(step, &caps_before, &said);
        said
    }

    fn if_live(&mut self, name: &str, act: impl FnOnce(&mut TestBench) -> String) -> String {
        if self.is_live(name) { act(&mut self.bench) } else { String::new() }
    }

    fn caps(&self) -> BTreeMap<String, Caps> {
        let live = self.connected.iter().filter(|name| self.bench.is_live(name));
        let caps_of =
            |name: &String| self.bench.engine.state().sessions.get(self.bench.session(name)).map(|s| s.caps);
        live.filter_map(|name| Some((name.clone(), caps_of(name)?))).collect()
    }

    fn check(&mut self, step: &Step, caps_before: &BTreeMap<String, Caps>, said: &str) {
        let seed = self.seed;
        let caps_after = self.caps();
        for said_line in said.lines() {
            let Some((name, line)) = said_line.split_once(" < ") else { continue };
            self.check_batches(name, line);
            self.record_confirmation(name, line);
            self.check_message(line);
            // Queued lines can request capabilities and end the session in one event.
            if matches!(step, Step::Drain(_) | Step::Answer(_)) && !caps_after.contains_key(name) {
                continue;
            }
            let before = caps_before.get(name).copied().unwrap_or_default();
            check_tags(seed, line, before | caps_after.get(name).copied().unwrap_or_default());
        }
        if let Step::Line(name, line) = step {
            self.check_deferred_label(name, line, caps_before, said);
            let waits = self.deferred_labels.contains_key(name)
                || self.bench.is_held(name)
                || said.lines().any(|l| l == format!("{name} is held"));
            check_label(seed, step, caps_before, said, waits);
        }
    }

    /// Checks that the label of a batch is answered when it ends, successfully or not.
    fn check_deferred_label(&mut self, name: &str, line: &str, caps: &BTreeMap<String, Caps>, said: &str) {
        let answered = |label: &str| {
            let own = said.lines().filter_map(|l| l.strip_prefix(name)?.strip_prefix(" < "));
            own.filter(|l| tag(l, "label") == Some(label)).count()
        };
        let session = self.bench.engine.state().sessions.get(self.bench.session(name));
        let open = session.and_then(|s| s.batch.as_ref()).is_some_and(|batch| !batch.failed);
        if let Some(label) = self.deferred_labels.get(name) {
            let (answers, wanted) = (answered(label), usize::from(!open));
            assert!(
                session.is_none() || answers == wanted,
                "seed {}: {label} after {line}:\n{said}",
                self.seed
            );
            if !open {
                self.deferred_labels.remove(name);
            }
        }
        let labels = caps.get(name).is_some_and(|caps| caps.has(Cap::LabeledResponse));
        if let (Some(label), true, true) = (tag(line, "label"), open && labels, line.contains("BATCH +")) {
            self.deferred_labels.insert(name.to_owned(), label.to_owned());
        }
    }

    fn record_confirmation(&mut self, name: &str, line: &str) {
        let wanted = line.split_once("To confirm, run this command: /msg ");
        let wanted = wanted.and_then(|(_, command)| command.split_once(' '));
        if let Some((service, command)) = wanted {
            self.confirmations.insert(name.to_owned(), format!("PRIVMSG {service} :{command}"));
        }
    }

    /// Checks that a replayed message is the original one.
    fn check_message(&mut self, line: &str) {
        let Some(id) = tag(line, "msgid") else { return };
        let said = line.split_once(' ').map_or("", |(_, said)| said);
        let verb = said.split(' ').nth(1).unwrap_or_default();
        if !matches!(verb, "PRIVMSG" | "NOTICE") || !said.contains(&format!(" {verb} #")) {
            return;
        }
        // For a client without server-time, the time precedes the text.
        let said = match said.split_once(" :[").map(|(front, timed)| (front, timed.split_once("] "))) {
            Some((front, Some((_, text)))) => format!("{front} :{text}"),
            _ => said.to_owned(),
        };
        let first = self.messages.entry(id.to_owned()).or_insert_with(|| said.clone());
        assert_eq!(*first, said, "seed {}: differs from the first time", self.seed);
    }

    fn check_batches(&mut self, name: &str, line: &str) {
        let open = self.open_batches.entry(name.to_owned()).or_default();
        if let Some(reference) = tag(line, "batch") {
            assert!(open.contains(reference), "seed {}: {line} is in no open batch", self.seed);
        }
        let words: Vec<&str> = line.split(' ').skip_while(|w| w.starts_with(['@', ':'])).take(2).collect();
        if let ["BATCH", reference] = words[..] {
            let (sign, reference) = reference.split_at(1);
            let fits = if sign == "+" { open.insert(reference.to_owned()) } else { open.remove(reference) };
            assert!(fits, "seed {}: {line} does not open or close a batch", self.seed);
        }
    }
}

//! HELP: explains commands, modes and names. The English texts come from the table of commands and from
//! `TOPICS`; catalogs can translate them.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::i18n::Phrase;
use crate::text::wrap;
use crate::wire::numeric::{ERR_HELPNOTFOUND, RPL_ENDOFHELP, RPL_HELPSTART, RPL_HELPTXT};
use crate::wire::{Message, Text};

use super::Command;

/// Maximum bytes of names on one line of the index, which keeps it readable.
const INDEX_BYTES_MAX: usize = 72;

pub(super) const HELP: Command =
    Command::new("HELP", help).help("[<topic>]: explains a command or topic, or lists them all");

pub(super) const HELPOP: Command =
    Command::new("HELPOP", help).help("[<topic>]: explains a command or topic, or lists them all");

/// Topics other than commands: name, title and lines.
static TOPICS: &[(&str, &str, &[&str])] = &[
    (
        "CASEMAPPING",
        "Case mapping of names",
        &[
            "Names that differ only in case are the same name.",
            "Where non-ASCII names are allowed, they are compared according to RFC 8265,",
            "and nicknames that look like one already in use are rejected.",
        ],
    ),
    (
        "CMODES",
        "Channel modes",
        &[
            "+b <mask>  bans matching users; m:<mask> only mutes them",
            "+e <mask>  exempts from +b",
            "+I <mask>  exempts from +i, +b and +R",
            "+k <key>   requires a key to join",
            "+l <n>     limits the number of members",
            "+f <#chan> forwards users rejected by +i, +k, +l or +R; you must be +o in both channels",
            "+i         invite-only",
            "+C         blocks CTCP other than /me",
            "+E         allows roleplaying; see HELP NPC and HELP SCENE",
            "+M         only logged-in users, and +v or higher, can speak",
            "+R         only logged-in users can join",
            "+U         op-moderated: messages of users without +v are shown to +h and higher only",
            "+m         moderated: only +v and higher can speak",
            "+n         only members can send messages to the channel",
            "+s         secret: hidden from non-members",
            "+t         only +h and higher can set the topic",
            "+u         auditorium: members without privileges are hidden from each other",
            "For +q +a +o +h +v see HELP PREFIX.",
        ],
    ),
    ("MODES", "Modes", &["For channels see HELP CMODES, for users HELP UMODES."]),
    (
        "PREFIX",
        "Ranks of channel members",
        &["~  +q  founder", "&  +a  admin", "@  +o  operator", "%  +h  half-operator", "+  +v  voice"],
    ),
    (
        "SNOMASKS",
        "Server notices for operators: MODE <nick> +s <letters>",
        &[
            "a  announcements, such as DEFCON changes",
            "c  connections",
            "d  clients that disconnect while their user stays online",
            "j  channels created, registered or purged",
            "k  kills",
            "n  nick changes",
            "o  operator actions",
            "q  quits",
            "u  accounts",
            "v  vhosts",
            "x  bans",
        ],
    ),
    (
        "UMODES",
        "User modes",
        &[
            "+B  marks you as a bot",
            "+E  allows roleplay messages to you",
            "+R  only logged-in users, and those you accept, can message you; see HELP ACCEPT",
            "+T  blocks CTCP other than /me",
            "+Z  connected securely; set by the server",
            "+i  invisible: hidden from users who share no channel with you",
            "+o  IRC operator; set by OPER",
            "+s  <letters>  receives server notices; see HELP SNOMASKS",
        ],
    ),
];

fn help(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let asked = m.param(0);
    let name = asked.to_ascii_uppercase();
    let translated = cx.setup.languages.help(&cx.served().languages, &name);
    if name.is_empty() {
        index(cx);
    } else if let Some(command) = super::all().find(|command| command.name == name) {
        let text = translated.unwrap_or(command.help);
        let (params, explanation) = text.split_once(": ").unwrap_or(("", text));
        let title = format!("{name} {params}");
        reply(cx, &name, Text::Plain(title.trim_end()), &[explanation]);
    } else if let Some(topic) = TOPICS.iter().find(|(topic, ..)| *topic == name) {
        let text = translated.map_or_else(|| topic_text(topic), str::to_owned);
        let mut lines = text.lines();
        let title = lines.next().unwrap_or_default();
        reply(cx, &name, Text::Plain(title), &lines.collect::<Vec<_>>());
    } else {
        cx.reply(ERR_HELPNOTFOUND, &[asked], Text::Said(Phrase::HELP_NOT_FOUND, &[]));
    }
    Ok(())
}

/// Returns a topic as one text: its title and its lines.
fn topic_text((_, title, lines): &(&str, &str, &[&str])) -> String {
    std::iter::once(title).chain(*lines).copied().collect::<Vec<_>>().join("\n")
}

/// Returns the help texts of commands (`parameters: explanation`) and topics (a title and lines), with their
/// names.
pub fn texts() -> impl Iterator<Item = (String, String)> {
    let commands = super::all().map(|command| (command.name.to_owned(), command.help.to_owned()));
    commands.chain(TOPICS.iter().map(|topic| (topic.0.to_owned(), topic_text(topic))))
}

fn index(cx: &mut Cx<'_>) {
    let commands = wrap(super::all().map(|command| command.name), INDEX_BYTES_MAX);
    let topics = wrap(TOPICS.iter().map(|(name, ..)| name), INDEX_BYTES_MAX);
    let lines: Vec<&str> = commands.iter().chain(&topics).map(String::as_str).collect();
    reply(cx, "*", Text::Said(Phrase::HELP_INDEX, &[]), &lines);
}

/// Sends 704, 705 and 706.
fn reply(cx: &mut Cx<'_>, subject: &str, title: Text<'_>, lines: &[&str]) {
    cx.reply(RPL_HELPSTART, &[subject], title);
    for line in lines {
        cx.reply(RPL_HELPTXT, &[subject], Text::Plain(line));
    }
    cx.reply(RPL_ENDOFHELP, &[subject], Text::Said(Phrase::END_OF_HELP, &[]));
}

//! HELP: what commands there are and what they do, and a few words on modes and names. The texts are
//! in English only; they come from the table of commands and from `TOPICS`.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::i18n::Phrase;
use crate::text::wrap;
use crate::wire::numeric::{ERR_HELPNOTFOUND, RPL_ENDOFHELP, RPL_HELPSTART, RPL_HELPTXT};
use crate::wire::{Message, Text};

use super::{Command, When};

/// Bytes of names on one line of the index: short enough to be read.
const INDEX_BYTES_MAX: usize = 72;

pub(super) const HELP: Command = Command {
    name: "HELP",
    params_min: 0,
    when: When::Registered,
    right: None,
    help: "[<topic>]: explains a command or topic; without one, lists them",
    run: help,
};

pub(super) const HELPOP: Command = Command { name: "HELPOP", ..HELP };

/// What is not a command: the name, the title and the lines.
static TOPICS: &[(&str, &str, &[&str])] = &[
    (
        "CASEMAPPING",
        "When two names are the same",
        &[
            "Names that differ only in upper and lower case are the same name.",
            "Where letters beyond ASCII are allowed, they are compared as RFC 8265 says,",
            "and a nick that looks just like one in use cannot be taken.",
        ],
    ),
    (
        "CMODES",
        "Channel modes",
        &[
            "+b <mask>  keeps out whom the mask matches; m:<mask> only silences them",
            "+e <mask>  exempts from +b",
            "+I <mask>  may join in spite of +i, +b and +R",
            "+k <key>   joining needs the key",
            "+l <n>     no more than so many members",
            "+f <#chan> whom +i, +k, +l or +R refuses joins that channel instead; you must be +o in both",
            "+i         joining needs an invitation",
            "+C         no CTCP but /me",
            "+E         roleplaying is allowed; see HELP NPC and HELP SCENE",
            "+M         only the logged-in, and +v or higher, speak",
            "+R         only the logged-in join",
            "+U         what others than +v and higher say is seen by +h and higher only",
            "+m         only members with +v or higher speak",
            "+n         only members speak",
            "+s         hidden from everyone else",
            "+t         only +h and higher set the topic",
            "+u         auditorium: those without a rank do not see each other come, go or be there",
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
            "a  announcements, such as of DEFCON",
            "c  connections",
            "d  connections that end while their user stays",
            "j  channels formed, registered or closed",
            "k  kills",
            "n  changes of nicks",
            "o  what operators do",
            "q  users who leave",
            "u  accounts",
            "v  vhosts",
            "x  bans",
        ],
    ),
    (
        "UMODES",
        "User modes",
        &[
            "+B  a bot",
            "+E  takes what those who roleplay say",
            "+R  messages from the logged-in only, and from those you accept; see HELP ACCEPT",
            "+T  takes no CTCP but /me",
            "+Z  connected securely; set by the server",
            "+i  invisible: found only by those in the same channels",
            "+o  an operator of the server; set by OPER",
            "+s  <letters>  an operator who reads server notices; see HELP SNOMASKS",
        ],
    ),
];

fn help(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let asked = m.param(0);
    let name = asked.to_ascii_uppercase();
    if name.is_empty() {
        index(cx);
    } else if let Some(command) = super::all().find(|command| command.name == name) {
        let (params, explanation) = command.help.split_once(": ").unwrap_or(("", command.help));
        let title = format!("{name} {params}");
        say(cx, &name, Text::Plain(title.trim_end()), &[explanation]);
    } else if let Some((name, title, lines)) = TOPICS.iter().find(|(topic, ..)| *topic == name) {
        say(cx, name, Text::Plain(title), lines);
    } else {
        cx.reply(ERR_HELPNOTFOUND, &[asked], Text::Said(Phrase::HELP_NOT_FOUND, &[]));
    }
    Ok(())
}

fn index(cx: &mut Cx<'_>) {
    let commands = wrap(super::all().map(|command| command.name), INDEX_BYTES_MAX);
    let topics = wrap(TOPICS.iter().map(|(name, ..)| name), INDEX_BYTES_MAX);
    let lines: Vec<&str> = commands.iter().chain(&topics).map(String::as_str).collect();
    say(cx, "*", Text::Said(Phrase::HELP_INDEX, &[]), &lines);
}

/// 704, 705, 706.
fn say(cx: &mut Cx<'_>, subject: &str, title: Text<'_>, lines: &[&str]) {
    cx.reply(RPL_HELPSTART, &[subject], title);
    for line in lines {
        cx.reply(RPL_HELPTXT, &[subject], Text::Plain(line));
    }
    cx.reply(RPL_ENDOFHELP, &[subject], Text::Said(Phrase::END_OF_HELP, &[]));
}

//! CAP: capability negotiation (<https://ircv3.net/specs/extensions/capability-negotiation>).

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::fact::Introduction;
use crate::text::wrap;
use crate::wire::numeric::ERR_INVALIDCAPCMD;
use crate::wire::{Cap, Caps, Message, Text};

use super::Command;

/// Maximum bytes of names on one line, so that `:server CAP nick LS * :` fits before them.
const NAMES_BYTES_MAX: usize = 400;
/// The first version with values, `*` continuation and cap-notify.
const VERSION_302: u16 = 302;

pub(super) const CAP: Command = Command::new("CAP", cap)
    .params(1)
    .before_registration()
    .help("LS [<version>] | LIST | REQ :<capabilities> | END: negotiates capabilities");

fn cap(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    match m.param(0).to_ascii_uppercase().as_str() {
        "LS" => ls(cx, m.param_opt(1)),
        "LIST" => {
            let words = cx.served().caps.iter().map(|cap| cap.name().to_owned()).collect();
            show(cx, "LIST", words);
        }
        "REQ" => req(cx, m.param(1)),
        "END" => negotiate(cx, false),
        _ => {
            let text = Text::Said(Phrase::UNKNOWN_CAP_COMMAND, &[]);
            cx.reply(ERR_INVALIDCAPCMD, &[m.param(0)], text);
        }
    }
    Ok(())
}

fn ls(cx: &mut Cx<'_>, version: Option<&str>) {
    negotiate(cx, true);
    let asked = version.and_then(|version| version.parse().ok()).unwrap_or(VERSION_302 - 1);
    // A later LS may raise the version but not lower it.
    let version = cx.served().cap_version.max(asked);
    let mut caps = cx.served().caps;
    if version >= VERSION_302 {
        caps = caps.with(Cap::CapNotify);
    }
    cx.commit(Fact::CapsSet { session: cx.session, caps, version });
    let words = cx.setup.offer.words(&cx.served().door, version);
    show(cx, "LS", words);
}

/// Sends a list of names, on several lines if necessary.
pub fn show(cx: &mut Cx<'_>, verb: &str, words: Vec<String>) {
    let mut lines = vec![String::new()];
    for word in words {
        let line = lines.last_mut().expect("never empty");
        if !line.is_empty() && line.len() + word.len() + 1 > NAMES_BYTES_MAX {
            lines.push(word);
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    let nick = recipient(cx);
    let last = lines.len() - 1;
    let continues = cx.served().cap_version >= VERSION_302;
    for (index, line) in lines.iter().enumerate() {
        let params: &[&str] = if index < last && continues { &[&nick, verb, "*"] } else { &[&nick, verb] };
        cx.reply_command("CAP", params, Text::Plain(line));
    }
}

/// Returns the recipient of replies: `*` until registration is complete, even after NICK, as clients expect.
fn recipient(cx: &Cx<'_>) -> String {
    if cx.served().registering().is_some() { "*".to_owned() } else { cx.nick().to_owned() }
}

/// Handles REQ, which changes all of the capabilities or none.
fn req(cx: &mut Cx<'_>, requested: &str) {
    negotiate(cx, true);
    let version = cx.served().cap_version;
    let nick = recipient(cx);
    let verb = match caps_after(cx, requested) {
        Some(caps) => {
            cx.commit(Fact::CapsSet { session: cx.session, caps, version });
            "ACK"
        }
        None => "NAK",
    };
    if requested.len() <= NAMES_BYTES_MAX {
        return cx.reply_command("CAP", &[&nick, verb], Text::Plain(requested));
    }
    // The answer is longer than the request, and may be split.
    for words in wrap(requested.split_ascii_whitespace(), NAMES_BYTES_MAX) {
        cx.reply_command("CAP", &[&nick, verb], Text::Plain(&words));
    }
}

/// Returns the capabilities after a REQ, or `None` if any change is impossible.
fn caps_after(cx: &Cx<'_>, requested: &str) -> Option<Caps> {
    // "Clients MUST NOT request this capability" (sts, "Details").
    let offer = cx.setup.offer.at(&cx.served().door).without(Cap::Sts);
    let mut caps = cx.served().caps;
    for word in requested.split_ascii_whitespace() {
        let (name, on) = word.strip_prefix('-').map_or((word, true), |name| (name, false));
        let cap = Cap::by_name(name).filter(|&cap| offer.has(cap))?;
        if on {
            caps = caps.with(cap);
        } else if cap == Cap::CapNotify && cx.served().cap_version >= VERSION_302 {
            // Version 302 implies cap-notify, so it cannot be disabled.
            return None;
        } else {
            caps = caps.without(cap);
        }
    }
    Some(caps)
}

/// Starts or ends negotiation, which registration waits for.
fn negotiate(cx: &mut Cx<'_>, on: bool) {
    if cx.served().registering().is_some() {
        cx.commit(Fact::Introduced { session: cx.session, said: Introduction::Negotiating(on) });
    }
}

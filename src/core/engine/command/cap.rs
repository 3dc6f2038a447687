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

/// Bytes of names on one line, so that `:server CAP nick LS * :` fits before them.
const NAMES_BYTES_MAX: usize = 400;
/// The version from which on values, `*` continuation and cap-notify are understood.
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

/// Answers with a list of names, over several lines where the client understands that.
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
    let nick = addressee(cx);
    let last = lines.len() - 1;
    let continues = cx.served().cap_version >= VERSION_302;
    for (index, line) in lines.iter().enumerate() {
        let params: &[&str] = if index < last && continues { &[&nick, verb, "*"] } else { &[&nick, verb] };
        cx.reply_command("CAP", params, Text::Plain(line));
    }
}

/// `*` until registration is complete, whatever NICK came before: that is what clients are used to.
fn addressee(cx: &Cx<'_>) -> String {
    if cx.served().registering().is_some() { "*".to_owned() } else { cx.nick().to_owned() }
}

/// All or nothing.
fn req(cx: &mut Cx<'_>, wanted: &str) {
    negotiate(cx, true);
    let version = cx.served().cap_version;
    let nick = addressee(cx);
    let verb = match changed(cx, wanted) {
        Some(caps) => {
            cx.commit(Fact::CapsSet { session: cx.session, caps, version });
            "ACK"
        }
        None => "NAK",
    };
    if wanted.len() <= NAMES_BYTES_MAX {
        return cx.reply_command("CAP", &[&nick, verb], Text::Plain(wanted));
    }
    // The answer is longer than the question. Either may come in several lines.
    for words in wrap(wanted.split_ascii_whitespace(), NAMES_BYTES_MAX) {
        cx.reply_command("CAP", &[&nick, verb], Text::Plain(&words));
    }
}

/// The capabilities after a REQ; `None` if any of it cannot be.
fn changed(cx: &Cx<'_>, wanted: &str) -> Option<Caps> {
    // "Clients MUST NOT request this capability" (sts, "Details").
    let offer = cx.setup.offer.at(&cx.served().door).without(Cap::Sts);
    let mut caps = cx.served().caps;
    for word in wanted.split_ascii_whitespace() {
        let (name, on) = word.strip_prefix('-').map_or((word, true), |name| (name, false));
        let cap = Cap::by_name(name).filter(|&cap| offer.has(cap))?;
        if on {
            caps = caps.with(cap);
        } else if cap == Cap::CapNotify && cx.served().cap_version >= VERSION_302 {
            // Implied by version 302; it cannot be switched off.
            return None;
        } else {
            caps = caps.without(cap);
        }
    }
    Some(caps)
}

/// Makes registration wait for CAP END, or ends the wait.
fn negotiate(cx: &mut Cx<'_>, on: bool) {
    if cx.served().registering().is_some() {
        cx.commit(Fact::Introduced { session: cx.session, said: Introduction::Negotiating(on) });
    }
}

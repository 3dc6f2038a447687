//! MARKREAD: synchronizes between devices how far a target has been read
//! (<https://ircv3.net/specs/extensions/read-marker>).

use crate::engine::announce::place::show_marker;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::wire::clock::parse_stamp;
use crate::wire::{Cap, Message};

use super::Command;

pub(super) const MARKREAD: Command = Command::new("MARKREAD", markread)
    .help("<target> [timestamp=<time>]: sets or gets the read marker of a channel or conversation");

fn markread(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let fail = |code, context: &str, text| {
        let context = if context.is_empty() { Vec::new() } else { vec![context.to_owned()] };
        Err(Refusal::Fail { command: "MARKREAD", code, context, text })
    };
    let Some(target) = m.param_opt(0) else {
        return fail("NEED_MORE_PARAMS", "", Phrase::NOT_ENOUGH_PARAMETERS);
    };
    let Some(key) = target_key(cx, target) else {
        return fail("INVALID_PARAMS", target, Phrase::TARGET_INVALID);
    };
    let stored_ms = cx.read_marker(&key);
    let Some(timestamp) = m.param_opt(1) else {
        show_marker(cx, target, stored_ms);
        return Ok(());
    };
    let Some(at_ms) = timestamp.strip_prefix("timestamp=").and_then(parse_stamp) else {
        return fail("INVALID_PARAMS", timestamp, Phrase::TIMESTAMP_INVALID);
    };
    // A marker only moves forward, and never into the future.
    let at_ms = at_ms.min(cx.now.wall_ms);
    if stored_ms.is_some_and(|stored_ms| stored_ms >= at_ms) {
        show_marker(cx, target, stored_ms);
        return Ok(());
    }
    let user = cx.me();
    cx.commit(Fact::Read { user, target: &key, at_ms });
    show_marker(cx, target, Some(at_ms));
    let (own, others) = (cx.session, cx.user().sessions.clone());
    for session in others.into_iter().filter(|&session| session != own) {
        if cx.state().sessions[session].caps.has(Cap::ReadMarker) {
            cx.serve(session, |cx| show_marker(cx, target, Some(at_ms)));
        }
    }
    Ok(())
}

/// Returns the key under which the marker of a channel or nick is stored.
fn target_key(cx: &Cx<'_>, target: &str) -> Option<String> {
    let mapping = cx.setup.mapping;
    let key = if target.starts_with('#') { mapping.channel_key(target) } else { mapping.nick_key(target) };
    key.ok().map(|key| key.into_owned())
}

//! MARKREAD: how far a target was read, the same on every device
//! (<https://ircv3.net/specs/extensions/read-marker>).

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::state::{ChannelId, Fact};
use crate::wire::clock::parse_stamp;
use crate::wire::{Cap, Message, Stamp, Text};

use super::{Command, When};

pub(super) const MARKREAD: Command = Command {
    name: "MARKREAD",
    params_min: 0,
    when: When::Registered,
    right: None,
    help: "<target> [timestamp=<time>]: tells or asks how far a channel or conversation was read",
    run: markread,
};

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
    let Some(wanted) = m.param_opt(1) else {
        show(cx, target, stored_ms);
        return Ok(());
    };
    let Some(at_ms) = wanted.strip_prefix("timestamp=").and_then(parse_stamp) else {
        return fail("INVALID_PARAMS", wanted, Phrase::TIMESTAMP_INVALID);
    };
    // A marker only ever moves on, and not into the future.
    let at_ms = at_ms.min(cx.now.wall_ms);
    if stored_ms.is_some_and(|stored_ms| stored_ms >= at_ms) {
        show(cx, target, stored_ms);
        return Ok(());
    }
    let user = cx.me();
    cx.commit(Fact::Read { user, target: &key, at_ms });
    show(cx, target, Some(at_ms));
    let (own, others) = (cx.session, cx.user().sessions.clone());
    let knows = |cx: &Cx<'_>, session| cx.state().sessions[session].caps.has(Cap::ReadMarker);
    for session in others.into_iter().filter(|&session| session != own) {
        if knows(cx, session) {
            cx.serve(session, |cx| show(cx, target, Some(at_ms)));
        }
    }
    Ok(())
}

/// The folded form under which the marker of a channel or nick is kept.
fn target_key(cx: &Cx<'_>, target: &str) -> Option<String> {
    let mapping = cx.setup.mapping;
    let key = if target.starts_with('#') { mapping.channel_key(target) } else { mapping.nick_key(target) };
    key.ok().map(|key| key.into_owned())
}

fn show(cx: &mut Cx<'_>, target: &str, at_ms: Option<u64>) {
    let stamp = at_ms.map(|at_ms| format!("timestamp={}", Stamp::new(at_ms)));
    cx.reply_command("MARKREAD", &[target, stamp.as_deref().unwrap_or("*")], Text::None);
}

/// Tells a session whose user is in a channel how far it was read; before the names.
pub fn show_channel(cx: &mut Cx<'_>, channel: ChannelId) {
    if cx.served().caps.has(Cap::ReadMarker) {
        let name = cx.state().channels[channel].name.clone();
        let at_ms = cx.read_marker(name.key());
        show(cx, name.as_str(), at_ms);
    }
}

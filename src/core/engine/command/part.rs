//! PART: leaves channels.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::state::Fact;
use crate::wire::Message;

use super::Command;

pub(super) const PART: Command =
    Command::new("PART", part).params(1).help("<channel>{,<channel>} [<reason>]: leaves channels");

fn part(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let reason = m.param_opt(1).filter(|reason| !reason.is_empty());
    for name in m.param(0).split(',').filter(|name| !name.is_empty()) {
        if let Err(refusal) = leave(cx, name, reason) {
            refusal.say(cx);
        }
    }
    Ok(())
}

fn leave(cx: &mut Cx<'_>, name: &str, reason: Option<&str>) -> Outcome {
    let (user, channel) = (cx.me(), cx.find_channel(name)?);
    if !cx.state().channels[channel].members.contains_key(&user) {
        return Err(Refusal::NotOnChannel(name.to_owned()));
    }
    cx.commit(Fact::Parted { user, channel, reason });
    Ok(())
}

/// Leaves all channels: `JOIN 0`.
pub fn leave_all(cx: &mut Cx<'_>) {
    let user = cx.me();
    for channel in cx.user().channels.clone() {
        cx.commit(Fact::Parted { user, channel, reason: None });
    }
}

//! KICK: removes members from channels.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy;
use crate::state::Fact;
use crate::text::truncate;
use crate::wire::Message;

use super::Command;

pub(super) const KICK: Command = Command::new("KICK", kick)
    .params(2)
    .help("<channel>{,<channel>} <nick>{,<nick>} [<reason>]: removes users from a channel");

fn kick(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let channels: Vec<&str> = m.param(0).split(',').collect();
    let nicks: Vec<&str> = m.param(1).split(',').collect();
    // There must be one channel, one nick, or equal numbers of both (RFC 2812 3.2.8).
    if channels.len() != 1 && nicks.len() != 1 && channels.len() != nicks.len() {
        return Err(Refusal::NeedMoreParams("KICK".into()));
    }
    let given = m.param_opt(2).filter(|reason| !reason.is_empty());
    let own_nick = cx.nick().to_owned();
    let reason = truncate(given.unwrap_or(&own_nick), cx.config().limits.kicklen);
    for index in 0..channels.len().max(nicks.len()) {
        let (channel, nick) = (channels[index % channels.len()], nicks[index % nicks.len()]);
        if let Err(refusal) = kick_one(cx, channel, nick, reason) {
            refusal.say(cx);
        }
    }
    Ok(())
}

fn kick_one(cx: &mut Cx<'_>, channel: &str, nick: &str, reason: &str) -> Outcome {
    let channel = cx.find_channel(channel)?;
    let (by, user) = (cx.me(), cx.find_user(nick)?);
    policy::can_kick(cx.state(), by, user, channel)?;
    cx.commit(Fact::Kicked { by, user, channel, reason });
    Ok(())
}

//! Calls about users.

use crate::engine::border::{CallAnswer, CallRefused, MembershipInfo, UserInfo};
use crate::engine::context::turn::Turn;
use crate::engine::context::waiting::CallOutcome;
use crate::state::{Rank, UserId};

use super::answered;

pub(super) fn find(turn: &Turn<'_>, nick: &str) -> CallOutcome {
    let id = turn.find_user(nick).map_err(|_| CallRefused::NotFound)?;
    answered(CallAnswer::User(Box::new(describe(turn, id))))
}

fn describe(turn: &Turn<'_>, id: UserId) -> UserInfo {
    let user = &turn.state().users[id];
    let membership = |channel| {
        let channel = &turn.state().channels[channel];
        let member = channel.members.get(&id)?;
        Some(MembershipInfo {
            channel: channel.name.as_str().to_owned(),
            rank: member.ranks.highest().map(Rank::letter),
            joined_ms: member.joined_s * 1000,
        })
    };
    UserInfo {
        nick: user.nick.as_str().to_owned(),
        username: user.username.to_string(),
        host: user.host().to_owned(),
        realname: user.realname.to_string(),
        account: user.account.as_ref().map(|account| account.as_str().to_owned()),
        modes: user.modes.to_string(),
        away: user.away.as_deref().map(str::to_owned),
        channels: user.channels.iter().copied().filter_map(membership).collect(),
        sessions: user.sessions.len(),
    }
}

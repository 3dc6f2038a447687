//! Joining and leaving a channel, as its members see it.

use crate::engine::context::cx::Cx;
use crate::engine::context::turn::Turn;
use crate::engine::context::voice::sessions_of;
use crate::state::{ChannelId, Rank, Ranks, SessionId, State, UserId};
use crate::wire::{Body, Cap, Caps, MsgId, Origin, Outgoing, Text};

use super::place::show_place;
use super::{After, origin_of};

fn join_line(state: &State, user: UserId, channel: ChannelId, msgid: Option<MsgId>) -> Outgoing<'_> {
    let (joiner, joined) = (&state.users[user], &state.channels[channel]);
    let body = Body::Join {
        channel: joined.name.as_str(),
        account: joiner.account_or_star(),
        realname: &joiner.realname,
    };
    Outgoing { source: joiner.source(), origin: origin_of(state, user, msgid), body }
}

/// Sends a session that has just attached a JOIN for a channel of its user.
pub fn show_joined(cx: &mut Cx<'_>, user: UserId, channel: ChannelId) {
    let state: &State = cx.turn.ledger;
    let line = join_line(state, user, channel, None);
    cx.turn.voice.reply(&state.sessions[cx.session], &line);
    show_place(cx, channel);
}

/// Sends the session being served, whose user is not in the channel, another user's JOIN and ranks, so that
/// an operator sees the effect of SAJOIN.
pub fn show_join(cx: &mut Cx<'_>, user: UserId, channel: ChannelId) {
    let (state, session): (&State, _) = (cx.turn.ledger, cx.session);
    cx.turn.voice.reply(&state.sessions[session], &join_line(state, user, channel, None));
    let ranks = state.channels[channel].ranks(user);
    send_ranks(cx, user, channel, ranks, Some(session));
}

pub(super) fn joined(
    turn: &mut Turn<'_>,
    user: UserId,
    ranks: Ranks,
    channel: ChannelId,
    msgid: MsgId,
) -> After {
    let state: &State = turn.ledger;
    let (joiner, joined) = (&state.users[user], &state.channels[channel]);
    let line = join_line(state, user, channel, Some(msgid));
    // The joiner is not a member yet.
    let can_see = |&member: &UserId| ranks != Ranks::NONE || joined.shows(member, user);
    let members = joined.members.keys().copied().filter(can_see);
    turn.voice.deliver(state, &line, Caps::NONE, sessions_of(state, members.chain([user])));
    if let Some(away) = &joiner.away {
        // away-notify: a user who joins while away is announced as away at once.
        let body = Body::Command { verb: "AWAY", params: &[], text: Text::Plain(away) };
        let line = Outgoing { source: joiner.source(), origin: origin_of(state, user, None), body };
        let members = joined.members.keys().copied().filter(can_see);
        turn.voice.deliver(state, &line, Caps::of(Cap::AwayNotify), sessions_of(state, members));
    }
    if ranks.at_least(Rank::Voice) || !joined.flags.has('u') {
        turn.recorder.record_in_channels(turn.setup, state, [channel].into_iter(), &line, turn.voice.out);
    }
    send_ranks(turn, user, channel, ranks, None);
    After::Joined(user, channel, msgid)
}

/// Sends one session, or all members, the ranks with which a user joins. The joiner sees them in NAMES.
fn send_ranks(turn: &mut Turn<'_>, user: UserId, channel: ChannelId, ranks: Ranks, only: Option<SessionId>) {
    let state: &State = turn.ledger;
    let channel = &state.channels[channel];
    let letters: String = Rank::ALL.into_iter().filter(|&rank| ranks.has(rank)).map(Rank::letter).collect();
    if letters.is_empty() {
        return;
    }
    let nick = state.users[user].nick.as_str();
    let mut params = vec![channel.name.as_str().to_owned(), format!("+{letters}")];
    params.extend(letters.chars().map(|_| nick.to_owned()));
    let params: Vec<&str> = params.iter().map(String::as_str).collect();
    let body = Body::Command { verb: "MODE", params: &params, text: Text::None };
    let line = Outgoing { source: turn.setup.server_name(), origin: Origin::default(), body };
    let members = channel.members.keys().copied().filter(|_| only.is_none());
    turn.voice.deliver(state, &line, Caps::NONE, only.into_iter().chain(sessions_of(state, members)));
}

/// Sends PART, or KICK if the user was kicked, to the members that an auditorium does not hide the user from.
pub(super) fn left(
    turn: &mut Turn<'_>,
    user: UserId,
    channel: ChannelId,
    kicked_by: Option<UserId>,
    reason: Option<&str>,
    msgid: MsgId,
) {
    let state: &State = turn.ledger;
    let id = channel;
    let channel = &state.channels[id];
    let params = [channel.name.as_str(), state.users[user].nick.as_str()];
    let text = reason.map_or(Text::None, Text::Plain);
    let (by, body) = match kicked_by {
        None => (user, Body::Command { verb: "PART", params: &params[..1], text }),
        Some(by) => (by, Body::Command { verb: "KICK", params: &params, text }),
    };
    let line = Outgoing { source: state.users[by].source(), origin: origin_of(state, by, Some(msgid)), body };
    let recipients = channel.members.keys().copied().filter(|&member| channel.shows(member, user));
    turn.voice.deliver(state, &line, Caps::NONE, sessions_of(state, recipients));
    if !channel.hides(user) {
        turn.recorder.record_in_channels(turn.setup, state, [id].into_iter(), &line, turn.voice.out);
    }
}

/// Sends a KICK for each user who is removed. The user who stays receives all of them, the others only their
/// own: if all received all, a large channel could not be cleared at once.
pub(super) fn cleared(
    turn: &mut Turn<'_>,
    by: Option<UserId>,
    channel: ChannelId,
    stays: Option<UserId>,
    reason: &str,
) {
    let members: Vec<UserId> = turn.state().channels[channel].members.keys().copied().collect();
    for user in members.into_iter().filter(|&user| Some(user) != stays) {
        let msgid = turn.ids.msgid(turn.now.wall_ms);
        let state: &State = turn.ledger;
        let (name, nick) = (state.channels[channel].name.as_str(), state.users[user].nick.as_str());
        let body = Body::Command { verb: "KICK", params: &[name, nick], text: Text::Plain(reason) };
        let (source, origin) = match by {
            Some(by) => (state.users[by].source(), origin_of(state, by, Some(msgid))),
            None => (turn.setup.server_name(), Origin { msgid: Some(msgid), ..Origin::default() }),
        };
        let line = Outgoing { source, origin, body };
        let recipients = sessions_of(state, [user].into_iter().chain(stays));
        turn.voice.deliver(state, &line, Caps::NONE, recipients);
        if !state.channels[channel].hides(user) {
            turn.recorder.record_in_channels(turn.setup, state, [channel].into_iter(), &line, turn.voice.out);
        }
    }
}

pub(super) fn invited(turn: &mut Turn<'_>, by: UserId, user: UserId, channel: ChannelId, msgid: MsgId) {
    let state: &State = turn.ledger;
    let invitee = state.users[user].nick.as_str();
    let joined = &state.channels[channel];
    let body = Body::Command { verb: "INVITE", params: &[invitee], text: Text::Plain(joined.name.as_str()) };
    let line = Outgoing { source: state.users[by].source(), origin: origin_of(state, by, Some(msgid)), body };
    turn.voice.deliver(state, &line, Caps::NONE, sessions_of(state, [user].into_iter()));
    let operators = joined.members.iter().filter(|&(&user_id, member)| {
        user_id != by && user_id != user && member.ranks.at_least(Rank::Halfop)
    });
    let operators = operators.map(|(&member, _)| member);
    turn.voice.deliver(state, &line, Caps::of(Cap::InviteNotify), sessions_of(state, operators));
    turn.recorder.record_between(turn.setup, state, [by, user], &line, turn.voice.out);
}

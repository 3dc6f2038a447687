//! Messages, the topic, and redaction.

use crate::engine::context::cx::Cx;
use crate::engine::context::recorder;
use crate::engine::context::turn::Turn;
use crate::engine::context::voice::{Voice, sessions_of};
use crate::state::fact::{HistoryPlace, Said, SpeechKind, SpeechTarget};
use crate::state::{ChannelId, SessionId, State, UserId};
use crate::wire::ctcp::is_ctcp;
use crate::wire::{Body, Cap, Caps, MsgId, Origin, Outgoing, Text};

use super::origin_of;

pub(super) fn said(
    turn: &mut Turn<'_>,
    session: SessionId,
    by: UserId,
    to: &SpeechTarget<'_>,
    what: &Said<'_>,
    msgid: MsgId,
) {
    let state: &State = turn.ledger;
    let target = match to {
        SpeechTarget::Channel { shown, .. } | SpeechTarget::Many { shown, .. } => shown,
        SpeechTarget::User(user) => state.users[*user].nick.as_str(),
    };
    let text = if what.kind == SpeechKind::Tagmsg { Text::None } else { Text::of(what.text) };
    let body = Body::Command { verb: what.kind.verb(), params: &[target], text };
    let disguised = what.source_override.is_some();
    let own = if disguised { Origin::default() } else { origin_of(state, by, None) };
    let origin = Origin { msgid: Some(msgid), client_tags: what.client_tags, ..own };
    let line = Outgoing { source: what.source_override.unwrap_or(state.users[by].source()), origin, body };
    let needs = if what.kind == SpeechKind::Tagmsg { Caps::of(Cap::MessageTags) } else { Caps::NONE };
    // The answer of a client to CTCP could reveal more than a Tor user wants to be known.
    let ctcp = is_ctcp(what.text);
    // With another source the speaker also receives the message: no client shows such a message by itself.
    let others = |&id: &SessionId| (id != session || disguised) && !(ctcp && state.sessions[id].door.tor);
    let voice: &mut Voice<'_> = &mut turn.voice;
    match to {
        SpeechTarget::Channel { channel, at_least, .. } => {
            let members = state.channels[*channel].members.iter();
            let is_recipient = |&(&id, member): &(&UserId, &crate::state::Member)| {
                id == by || at_least.is_none_or(|rank| member.ranks.at_least(rank))
            };
            let members = members.filter(is_recipient).map(|(&member, _)| member);
            voice.deliver(state, &line, needs, sessions_of(state, members).filter(others));
            let outside = !disguised && !state.channels[*channel].members.contains_key(&by);
            let own = sessions_of(state, [by].into_iter().filter(|_| outside));
            voice.deliver(state, &line, needs, own.filter(others));
        }
        SpeechTarget::Many { users, .. } => {
            voice.deliver(state, &line, needs, sessions_of(state, users.iter().copied()).filter(others));
        }
        SpeechTarget::User(user) => {
            let both = [*user, by].into_iter().take(if *user == by || disguised { 1 } else { 2 });
            voice.deliver(state, &line, needs, sessions_of(state, both).filter(others));
        }
    }
    if recorder::is_recorded(&turn.setup.config, what) {
        let out = &mut *turn.voice.out;
        match *to {
            SpeechTarget::Channel { channel, at_least: None, .. } => {
                turn.recorder.record_in_channels(turn.setup, state, [channel].into_iter(), &line, out);
            }
            SpeechTarget::User(user) if !disguised => {
                turn.recorder.record_between(turn.setup, state, [by, user], &line, out);
            }
            // Not for all members of the channel, or not part of a conversation.
            SpeechTarget::Channel { .. } | SpeechTarget::User(_) | SpeechTarget::Many { .. } => {}
        }
    }
    if disguised {
        return;
    }
    // echo-message: the sender's own copy is part of the answer. A message to oneself also arrives like one
    // from any other user.
    let voice: &mut Voice<'_> = &mut turn.voice;
    voice.deliver(state, &line, needs | Caps::of(Cap::EchoMessage), [session].into_iter());
    if matches!(to, SpeechTarget::User(user) if *user == by) {
        voice.deliver_alone(&state.sessions[session], session, &line, needs);
    }
}

/// Sends the echo (echo-message) of a message to a service or a ZNC module, which is `target`. No other
/// client receives the message, so it is not a fact.
pub fn echo(cx: &mut Cx<'_>, target: &str, what: &Said<'_>) {
    let (by, session, msgid) = (cx.me(), cx.session, cx.msgid());
    let state: &State = cx.turn.ledger;
    let (text, tags) = match what.kind {
        SpeechKind::Tagmsg => (Text::None, Caps::of(Cap::MessageTags)),
        SpeechKind::Privmsg | SpeechKind::Notice => (Text::of(what.text), Caps::NONE),
    };
    let body = Body::Command { verb: what.kind.verb(), params: &[target], text };
    let origin = Origin { client_tags: what.client_tags, ..origin_of(state, by, Some(msgid)) };
    let line = Outgoing { source: state.users[by].source(), origin, body };
    cx.turn.voice.deliver(state, &line, tags | Caps::of(Cap::EchoMessage), [session].into_iter());
}

pub(super) fn topic_set(turn: &mut Turn<'_>, by: UserId, channel: ChannelId, text: &str, msgid: MsgId) {
    let state: &State = turn.ledger;
    let id = channel;
    let channel = &state.channels[id];
    let body = Body::Command { verb: "TOPIC", params: &[channel.name.as_str()], text: Text::Plain(text) };
    let line = Outgoing { source: state.users[by].source(), origin: origin_of(state, by, Some(msgid)), body };
    turn.voice.deliver(state, &line, Caps::NONE, sessions_of(state, channel.members.keys().copied()));
    turn.recorder.record_in_channels(turn.setup, state, [id].into_iter(), &line, turn.voice.out);
}

/// Sends REDACT to all members of a channel, or to both users of a conversation (draft/message-redaction).
pub(super) fn redacted(
    turn: &mut Turn<'_>,
    by: UserId,
    places: &[HistoryPlace],
    params: [&str; 2],
    reason: Option<&str>,
    msgid: MsgId,
) {
    let state: &State = turn.ledger;
    let text = reason.map_or(Text::None, Text::Plain);
    let body = Body::Command { verb: "REDACT", params: &params, text };
    let line = Outgoing { source: state.users[by].source(), origin: origin_of(state, by, Some(msgid)), body };
    for place in places {
        let recipients: Vec<UserId> = match *place {
            HistoryPlace::Channel(channel) => state.channels[channel].members.keys().copied().collect(),
            HistoryPlace::Conversation { user, .. } => vec![user],
        };
        turn.voice.deliver(
            state,
            &line,
            Caps::of(Cap::MessageRedaction),
            sessions_of(state, recipients.into_iter()),
        );
    }
}

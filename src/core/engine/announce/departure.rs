//! The end of a user: QUIT and KILL.

use crate::config::LogType;
use crate::engine::border::{Effect, Level};
use crate::engine::context::cx::Cx;
use crate::engine::context::turn::Turn;
use crate::engine::context::voice::peers;
use crate::i18n::Phrase;
use crate::state::{SessionId, State, UserId};
use crate::wire::{Body, Caps, MsgId, Origin, Outgoing, Text};

use super::{monitors, origin_of, record_in_all_channels, send_to_users};

/// Sends a session the QUIT of its user, because the session ends; ERROR follows.
pub fn show_quit(cx: &mut Cx<'_>, reason: &str) {
    let state: &State = cx.turn.ledger;
    let Some(session) = state.sessions.get(cx.session) else { return };
    let Some(user) = session.user() else { return };
    let body = Body::Command { verb: "QUIT", params: &[], text: Text::Plain(reason) };
    let line = Outgoing { source: state.users[user].source(), origin: origin_of(state, user, None), body };
    cx.turn.voice.reply(session, &line);
}

pub(super) fn quit(turn: &mut Turn<'_>, user: UserId, reason: &str, msgid: MsgId) {
    let body = Body::Command { verb: "QUIT", params: &[], text: Text::Plain(reason) };
    let mut recipients = peers(turn.ledger, turn.voice.scratch, user);
    // The user's own sessions receive ERROR instead.
    recipients.retain(|&other| other != user);
    send_to_users(turn, user, body.clone(), Caps::NONE, Some(msgid), &recipients);
    record_in_all_channels(turn, user, body, msgid);
    monitors::notify_offline(turn, user);
    let nick = turn.state().users[user].nick.as_str();
    let text = format!("Client exited [{nick}]: {reason}");
    turn.note(Level::Info, LogType::Quit, text);
}

/// Ends the sessions of a killed user: they receive KILL and ERROR, others QUIT.
pub(super) fn killed(turn: &mut Turn<'_>, by: UserId, user: UserId, reason: &str, msgid: MsgId) {
    let nick = turn.state().users[user].nick.as_str().to_owned();
    let body = Body::Command { verb: "KILL", params: &[&nick], text: Text::Plain(reason) };
    send_to_users(turn, by, body, Caps::NONE, None, &[user]);
    let error = turn.setup.said(Phrase::KILLED, &[turn.state().users[by].nick.as_str(), reason]);
    let sessions: Vec<SessionId> = turn.state().users[user].sessions.to_vec();
    let body = Body::Command { verb: "ERROR", params: &[], text: Text::Plain(&error) };
    let line = Outgoing { source: "", origin: Origin::default(), body };
    turn.voice.deliver(turn.ledger, &line, Caps::NONE, sessions.iter().copied());
    for session in sessions {
        turn.waiting.sessions.remove(&session);
        if turn.voice.answer.session() == Some(session) {
            turn.voice.answer.close();
        } else {
            turn.voice.out.push(Effect::Close { session });
        }
    }
    quit(turn, user, &error, msgid);
}

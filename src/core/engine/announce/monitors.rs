//! What those are told who watch a nick (<https://ircv3.net/specs/extensions/monitor>): that it came
//! or went, and with <https://ircv3.net/specs/extensions/extended-monitor> what changes about it.

use crate::engine::context::turn::Turn;
use crate::engine::context::voice::{Scratch, peers, sessions_of};
use crate::state::{SessionId, State, UserId};
use crate::wire::numeric::{RPL_MONOFFLINE, RPL_MONONLINE};
use crate::wire::{Body, Cap, Caps, Numeric, Origin, Outgoing, Text};

/// 730: a user is there now.
pub fn notify_online(turn: &mut Turn<'_>, user: UserId) {
    let source = turn.state().users[user].source().to_owned();
    notify(turn, user, RPL_MONONLINE, &source, |_| true);
}

/// 731: a user is about to be known by another nick.
pub fn notify_nick_released(turn: &mut Turn<'_>, user: UserId) {
    let nick = turn.state().users[user].nick.as_str().to_owned();
    notify(turn, user, RPL_MONOFFLINE, &nick, |_| true);
}

/// 731: a user is about to be gone. The user's own sessions go, too.
pub fn notify_offline(turn: &mut Turn<'_>, user: UserId) {
    let nick = turn.state().users[user].nick.as_str().to_owned();
    let sessions = turn.state().users[user].sessions.clone();
    notify(turn, user, RPL_MONOFFLINE, &nick, |session| !sessions.contains(&session));
}

/// The numeric is addressed to `*`, which the specification allows: one line serves all watchers.
fn notify(turn: &mut Turn<'_>, user: UserId, code: Numeric, about: &str, hears: impl Fn(SessionId) -> bool) {
    let state: &State = turn.ledger;
    let body = Body::Numeric { code, nick: "*", params: &[], text: Text::Plain(about) };
    let line = Outgoing { source: turn.setup.server_name(), origin: Origin::default(), body };
    let watchers = state.monitors.watchers_of(state.users[user].nick.key());
    turn.voice.deliver(state, &line, Caps::NONE, watchers.filter(|&session| hears(session)));
}

/// The sessions of everyone who shares a channel with the user, of the user, and of those who follow
/// the user from outside; each once.
pub fn onlookers(state: &State, scratch: &mut Scratch, of: UserId) -> Vec<SessionId> {
    let acquainted = peers(state, scratch, of);
    let mut all: Vec<SessionId> = sessions_of(state, acquainted.into_iter()).collect();
    let follows = |session: &SessionId| {
        let session = &state.sessions[*session];
        session.caps.has(Cap::ExtendedMonitor) && session.user().is_some_and(|user| !scratch.is_visited(user))
    };
    all.extend(state.monitors.watchers_of(state.users[of].nick.key()).filter(follows));
    all
}

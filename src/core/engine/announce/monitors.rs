//! Notifies sessions that monitor a nick (<https://ircv3.net/specs/extensions/monitor>): when it goes online
//! or offline, and with <https://ircv3.net/specs/extensions/extended-monitor> when the user changes.

use crate::engine::context::turn::Turn;
use crate::engine::context::voice::{Scratch, peers, sessions_of};
use crate::state::{SessionId, State, UserId};
use crate::wire::numeric::{RPL_MONOFFLINE, RPL_MONONLINE};
use crate::wire::{Body, Cap, Caps, Numeric, Origin, Outgoing, Text};

/// Sends 730: a user is online.
pub fn notify_online(turn: &mut Turn<'_>, user: UserId) {
    let source = turn.state().users[user].source().to_owned();
    notify(turn, user, RPL_MONONLINE, &source, |_| true);
}

/// Sends 731: a user is about to change to another nick.
pub fn notify_nick_released(turn: &mut Turn<'_>, user: UserId) {
    let nick = turn.state().users[user].nick.as_str().to_owned();
    notify(turn, user, RPL_MONOFFLINE, &nick, |_| true);
}

/// Sends 731: a user is about to go offline. The user's own sessions are not notified, because they end too.
pub fn notify_offline(turn: &mut Turn<'_>, user: UserId) {
    let nick = turn.state().users[user].nick.as_str().to_owned();
    let sessions = turn.state().users[user].sessions.clone();
    notify(turn, user, RPL_MONOFFLINE, &nick, |session| !sessions.contains(&session));
}

/// Sends a numeric, addressed to `*` as the specification allows, so that one line serves all watchers.
fn notify(
    turn: &mut Turn<'_>,
    user: UserId,
    code: Numeric,
    target: &str,
    is_recipient: impl Fn(SessionId) -> bool,
) {
    let state: &State = turn.ledger;
    let body = Body::Numeric { code, nick: "*", params: &[], text: Text::Plain(target) };
    let line = Outgoing { source: turn.setup.server_name(), origin: Origin::default(), body };
    let watchers = state.monitors.watchers_of(state.users[user].nick.key());
    turn.voice.deliver(state, &line, Caps::NONE, watchers.filter(|&session| is_recipient(session)));
}

/// Returns the sessions of a user and the user's peers, and those that monitor the user with
/// extended-monitor, each once.
pub fn observers(state: &State, scratch: &mut Scratch, of: UserId) -> Vec<SessionId> {
    let peers = peers(state, scratch, of);
    let mut all: Vec<SessionId> = sessions_of(state, peers.into_iter()).collect();
    let monitors = |session: &SessionId| {
        let session = &state.sessions[*session];
        session.caps.has(Cap::ExtendedMonitor) && session.user().is_some_and(|user| !scratch.is_visited(user))
    };
    all.extend(state.monitors.watchers_of(state.users[of].nick.key()).filter(monitors));
    all
}

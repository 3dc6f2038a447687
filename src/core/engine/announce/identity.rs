//! Changes of a user's identity and presence: nick, account, host, real name, away.

use crate::engine::context::cx::Cx;
use crate::engine::context::turn::Turn;
use crate::engine::context::voice::peers;
use crate::state::{SessionId, State, UserId};
use crate::text::Nick;
use crate::wire::{Body, Cap, Caps, MsgId, Origin, Outgoing, Text};

use super::monitors::{self, observers};
use super::{After, record_in_all_channels, send_to_observers, send_to_sessions, send_to_users};

/// Sends a session its own full mask, in the form of a SETNAME (draft/whoami).
pub fn show_self(cx: &mut Cx<'_>) {
    let state: &State = cx.turn.ledger;
    let Some(user) = state.sessions[cx.session].user().map(|user| &state.users[user]) else { return };
    let body = Body::Command { verb: "SETNAME", params: &[], text: Text::Plain(&user.realname) };
    let line = Outgoing { source: user.source(), origin: Origin::default(), body };
    cx.turn.voice.reply(&state.sessions[cx.session], &line);
}

/// Notifies observers that a user is away or back.
pub fn show_away(turn: &mut Turn<'_>, user: UserId) {
    let text = turn.state().users[user].away.clone();
    let text = text.as_deref().map_or(Text::None, Text::Plain);
    let body = Body::Command { verb: "AWAY", params: &[], text };
    let mut recipients = observers(turn.ledger, turn.voice.scratch, user);
    recipients.retain(|&session| turn.ledger.sessions[session].user() != Some(user));
    send_to_sessions(turn, user, body, Caps::of(Cap::AwayNotify), None, recipients.into_iter());
}

pub(super) fn realname_changed(turn: &mut Turn<'_>, user: UserId, realname: &str, msgid: MsgId) {
    let body = Body::Command { verb: "SETNAME", params: &[], text: Text::Plain(realname) };
    send_to_observers(turn, user, body, Caps::of(Cap::Setname), Some(msgid));
}

pub(super) fn host_changed(turn: &mut Turn<'_>, user: UserId, host: &str) {
    let username = turn.state().users[user].username.clone();
    let body = Body::Command { verb: "CHGHOST", params: &[&username, host], text: Text::None };
    send_to_observers(turn, user, body, Caps::of(Cap::Chghost), None);
}

/// Notifies observers of a user's account (account-notify); `*` is none.
pub(super) fn send_account(turn: &mut Turn<'_>, user: UserId, account: &str) {
    let body = Body::Command { verb: "ACCOUNT", params: &[account], text: Text::None };
    send_to_observers(turn, user, body, Caps::of(Cap::AccountNotify), None);
}

/// Notifies observers of the account that a user has logged in to. Before registration there are none.
pub(super) fn logged_in(turn: &mut Turn<'_>, session: SessionId, account: &str) {
    let Some(user) = turn.state().sessions[session].user() else { return };
    let Some(name) = turn.state().accounts.get(account).map(|account| account.name.as_str().to_owned())
    else {
        return;
    };
    send_account(turn, user, &name);
}

/// Sends NICK to peers. Sessions that monitor either nick are notified separately, but not of a change of
/// case.
pub(super) fn nick_changed(turn: &mut Turn<'_>, user: UserId, nick: &Nick, msgid: MsgId) -> After {
    let recipients = peers(turn.ledger, turn.voice.scratch, user);
    let body = Body::Command { verb: "NICK", params: &[], text: Text::Plain(nick.as_str()) };
    send_to_users(turn, user, body.clone(), Caps::NONE, Some(msgid), &recipients);
    record_in_all_channels(turn, user, body, msgid);
    if turn.state().users[user].nick.key() == nick.key() {
        return After::Nothing;
    }
    monitors::notify_nick_released(turn, user);
    After::Renamed(user)
}

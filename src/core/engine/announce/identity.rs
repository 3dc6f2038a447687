//! Who someone is: nick, account, host, real name, and whether one is there.

use crate::engine::context::cx::Cx;
use crate::engine::context::turn::Turn;
use crate::engine::context::voice::peers;
use crate::state::{SessionId, State, UserId};
use crate::text::Nick;
use crate::wire::{Body, Cap, Caps, MsgId, Origin, Outgoing, Text};

use super::monitors::{self, onlookers};
use super::{After, keep_everywhere, say, say_to, to_onlookers};

/// Tells a session its own full mask, in the form of a SETNAME (draft/whoami).
pub fn show_self(cx: &mut Cx<'_>) {
    let state: &State = cx.turn.ledger;
    let Some(user) = state.sessions[cx.session].user().map(|user| &state.users[user]) else { return };
    let body = Body::Command { verb: "SETNAME", params: &[], text: Text::Plain(&user.realname) };
    let line = Outgoing { source: user.source(), origin: Origin::default(), body };
    cx.turn.voice.reply(&state.sessions[cx.session], &line);
}

/// Tells those who see it that a user went away or came back.
pub fn show_away(turn: &mut Turn<'_>, user: UserId) {
    let text = turn.state().users[user].away.clone();
    let text = text.as_deref().map_or(Text::None, Text::Plain);
    let body = Body::Command { verb: "AWAY", params: &[], text };
    let mut told = onlookers(turn.ledger, turn.voice.scratch, user);
    told.retain(|&session| turn.ledger.sessions[session].user() != Some(user));
    say_to(turn, user, body, Caps::of(Cap::AwayNotify), None, told.into_iter());
}

pub(super) fn realname_changed(turn: &mut Turn<'_>, user: UserId, realname: &str, msgid: MsgId) {
    let body = Body::Command { verb: "SETNAME", params: &[], text: Text::Plain(realname) };
    to_onlookers(turn, user, body, Caps::of(Cap::Setname), Some(msgid));
}

pub(super) fn host_changed(turn: &mut Turn<'_>, user: UserId, host: &str) {
    let username = turn.state().users[user].username.clone();
    let body = Body::Command { verb: "CHGHOST", params: &[&username, host], text: Text::None };
    to_onlookers(turn, user, body, Caps::of(Cap::Chghost), None);
}

/// account-notify: `*` for none.
pub(super) fn tell_account(turn: &mut Turn<'_>, user: UserId, account: &str) {
    let body = Body::Command { verb: "ACCOUNT", params: &[account], text: Text::None };
    to_onlookers(turn, user, body, Caps::of(Cap::AccountNotify), None);
}

/// account-notify: those who see the user learn the account. Before registration nobody does.
pub(super) fn logged_in(turn: &mut Turn<'_>, session: SessionId, account: &str) {
    let Some(user) = turn.state().sessions[session].user() else { return };
    let Some(name) = turn.state().accounts.get(account).map(|account| account.name.as_str().to_owned())
    else {
        return;
    };
    tell_account(turn, user, &name);
}

/// Those who watch either nick are told apart from the others; a change of case is nothing to them.
pub(super) fn nick_changed(turn: &mut Turn<'_>, user: UserId, nick: &Nick, msgid: MsgId) -> After {
    let told = peers(turn.ledger, turn.voice.scratch, user);
    let body = Body::Command { verb: "NICK", params: &[], text: Text::Plain(nick.as_str()) };
    say(turn, user, body.clone(), Caps::NONE, Some(msgid), &told);
    keep_everywhere(turn, user, body, msgid);
    if turn.state().users[user].nick.key() == nick.key() {
        return After::Nothing;
    }
    monitors::notify_nick_released(turn, user);
    After::Renamed(user)
}

//! Who someone is: nick, account, host, real name, and whether one is there.

use crate::engine::context::cx::Cx;
use crate::engine::context::voice::acquaintances;
use crate::state::{SessionId, State, UserId};
use crate::text::Nick;
use crate::wire::{Body, Cap, Caps, MsgId, Origin, Outgoing, Text};

use super::monitors::{self, onlookers};
use super::{After, keep_everywhere, say, say_to, to_onlookers};

/// Tells a session its own full mask, in the form of a SETNAME (draft/whoami).
pub fn show_self(cx: &mut Cx<'_>) {
    let state: &State = cx.state;
    let Some(user) = state.sessions[cx.session].user().map(|user| &state.users[user]) else { return };
    let body = Body::Command { verb: "SETNAME", params: &[], text: Text::Plain(&user.realname) };
    let line = Outgoing { source: user.source(), origin: Origin::default(), body };
    cx.voice.reply(&state.sessions[cx.session], &line);
}

/// Tells those who see it that a user went away or came back.
pub fn show_away(cx: &mut Cx<'_>, user: UserId) {
    let text = cx.state().users[user].away.clone();
    let text = text.as_deref().map_or(Text::None, Text::Plain);
    let body = Body::Command { verb: "AWAY", params: &[], text };
    let mut told = onlookers(cx.state, cx.voice.scratch, user);
    told.retain(|&session| cx.state.sessions[session].user() != Some(user));
    say_to(cx, user, body, Caps::of(Cap::AwayNotify), None, told.into_iter());
}

pub(super) fn realname_changed(cx: &mut Cx<'_>, user: UserId, realname: &str, msgid: MsgId) {
    let body = Body::Command { verb: "SETNAME", params: &[], text: Text::Plain(realname) };
    to_onlookers(cx, user, body, Caps::of(Cap::Setname), Some(msgid));
}

pub(super) fn host_changed(cx: &mut Cx<'_>, user: UserId, host: &str) {
    let username = cx.state().users[user].username.clone();
    let body = Body::Command { verb: "CHGHOST", params: &[&username, host], text: Text::None };
    to_onlookers(cx, user, body, Caps::of(Cap::Chghost), None);
}

/// account-notify: `*` for none.
pub(super) fn tell_account(cx: &mut Cx<'_>, user: UserId, account: &str) {
    let body = Body::Command { verb: "ACCOUNT", params: &[account], text: Text::None };
    to_onlookers(cx, user, body, Caps::of(Cap::AccountNotify), None);
}

/// account-notify: those who see the user learn the account. Before registration nobody does.
pub(super) fn logged_in(cx: &mut Cx<'_>, session: SessionId, account: &str) {
    let Some(user) = cx.state().sessions[session].user() else { return };
    let Some(name) = cx.state().accounts.get(account).map(|account| account.name.as_str().to_owned()) else {
        return;
    };
    tell_account(cx, user, &name);
}

/// Those who watch either nick are told apart from the others; a change of case is nothing to them.
pub(super) fn nick_changed(cx: &mut Cx<'_>, user: UserId, nick: &Nick, msgid: MsgId) -> After {
    let told = acquaintances(cx.state, cx.voice.scratch, user);
    let body = Body::Command { verb: "NICK", params: &[], text: Text::Plain(nick.as_str()) };
    say(cx, user, body.clone(), Caps::NONE, Some(msgid), &told);
    keep_everywhere(cx, user, body, msgid);
    if cx.state().users[user].nick.key() == nick.key() {
        return After::Nothing;
    }
    monitors::sheds_nick(cx, user);
    After::Renamed(user)
}

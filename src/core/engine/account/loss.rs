//! Losing an account while connected, by whatever command.
//!
//! Invariant: what a client could not have without an account, it does not keep without one. [`bans::obstacle`] is the
//! question that registration asks, too.

use crate::engine::context::cx::Cx;
use crate::engine::door::{bans, host};
use crate::engine::policy;
use crate::i18n::Phrase;
use crate::state::{Fact, UserId};
use crate::wire::Text;
use crate::wire::numeric::RPL_LOGGEDOUT;

/// What members of a `+R` channel read when someone has to leave it.
const CHANNEL_NEEDS_ACCOUNT: &str = "This channel is for registered users (+R)";

/// Takes the account from a user. The user leaves channels that need one (`+R`), and sessions that would not
/// be let in without one are closed. A user without a session quits, with `reason`.
///
/// If the session being served is among the user's, it comes last and may be closed afterwards.
pub fn lose_account(cx: &mut Cx<'_>, user: UserId, reason: &str) {
    let mut sessions = cx.state().users[user].sessions.to_vec();
    if sessions.is_empty() {
        return cx.commit(Fact::Quit { user, reason });
    }
    let source = cx.state().users[user].source().to_owned();
    cx.commit(Fact::LoggedOut { user });
    host::renew(cx, user);
    sessions.sort_by_key(|&session| session == cx.session);
    for &session in &sessions {
        let text = Text::Said(Phrase::LOGGED_OUT, &[]);
        cx.serve(session, |cx| cx.reply(RPL_LOGGEDOUT, &[&source], text));
    }
    for channel in cx.state().users[user].channels.clone() {
        if policy::is_closed_to_guests(&cx.state().channels[channel], &cx.state().users[user]) {
            cx.commit(Fact::Parted { user, channel, reason: Some(CHANNEL_NEEDS_ACCOUNT) });
        }
    }
    for session in sessions {
        let there = &cx.state().sessions[session];
        let nuhs = bans::sources_through(&cx.state().users[user], &there.door);
        let why = bans::obstacle(cx.setup, cx.state(), there, &nuhs, false, cx.now.wall_ms);
        if let Some(why) = why {
            cx.disconnect(session, &why);
        }
    }
}

//! Losing an account while connected, whichever command causes it.
//!
//! Invariant: a client keeps nothing that it could not have without an account. Registration also checks
//! [`bans::obstacle`].

use crate::engine::context::cx::Cx;
use crate::engine::door::{bans, host};
use crate::engine::policy;
use crate::i18n::Phrase;
use crate::state::{Fact, UserId};
use crate::wire::Text;
use crate::wire::numeric::RPL_LOGGEDOUT;

/// The PART reason of a user who must leave a `+R` channel.
const CHANNEL_NEEDS_ACCOUNT: &str = "This channel is for registered users (+R)";

/// Logs a user out. The user leaves channels that require an account (`+R`), and sessions that would be
/// rejected without one are closed. A user without a session quits with `reason`.
///
/// If the session being served belongs to the user, it is handled last and may be closed afterwards.
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
        let checked = &cx.state().sessions[session];
        let nuhs = bans::sources_through(&cx.state().users[user], &checked.door);
        let why = bans::obstacle(cx.setup, cx.state(), checked, &nuhs, false, cx.now.wall_ms);
        if let Some(why) = why {
            cx.disconnect(session, &why);
        }
    }
}

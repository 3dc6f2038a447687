//! Suspending accounts, and disconnecting the users who are logged in to them.

use crate::engine::context::cx::Cx;
use crate::i18n::Phrase;
use crate::state::account::Suspension;
use crate::state::fact::AccountChange;
use crate::state::{Fact, UserId};

/// Suspends an account (folded). All users who are logged in to it are disconnected, always-on or not;
/// operators who suspend their own account are logged out but stay. Returns the nicks of the disconnected
/// users.
pub fn suspend(cx: &mut Cx<'_>, account: &str, suspension: Suspension) -> Vec<String> {
    let change = AccountChange::Suspended(Some(suspension));
    cx.commit(Fact::AccountChanged { account, change });
    let reason = cx.setup.said(Phrase::ACCOUNT_SUSPENDED, &[]);
    disconnect_unregistered(cx, account, &reason);
    let mut disconnected = Vec::new();
    for user in cx.state().users_of(account).to_vec() {
        if cx.state().users[user].sessions.contains(&cx.session) {
            super::lose_account(cx, user, &reason);
        } else {
            disconnected.push(cx.state().users[user].nick.as_str().to_owned());
            remove(cx, user, &reason);
        }
    }
    disconnected
}

/// Disconnects clients that have logged in to an account (folded) but have not registered yet.
pub fn disconnect_unregistered(cx: &mut Cx<'_>, account: &str, reason: &str) {
    for session in cx.state().registering_with(account) {
        cx.disconnect(session, reason);
    }
}

/// Lifts the suspension of an account (folded); returns `false` if it was not suspended.
#[must_use]
pub fn lift(cx: &mut Cx<'_>, account: &str) -> bool {
    let was_suspended = cx.state().accounts.get(account).is_some_and(|account| account.suspended.is_some());
    if was_suspended {
        cx.commit(Fact::AccountChanged { account, change: AccountChange::Suspended(None) });
    }
    was_suspended
}

fn remove(cx: &mut Cx<'_>, user: UserId, reason: &str) {
    if cx.state().users[user].always_on {
        cx.commit(Fact::AlwaysOnSet { user, on: false });
    }
    let sessions = cx.state().users[user].sessions.to_vec();
    if sessions.is_empty() {
        cx.commit(Fact::Quit { user, reason });
    }
    for session in sessions {
        cx.disconnect(session, reason);
    }
}

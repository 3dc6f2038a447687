//! Accounts that nobody may use: suspending them, with what becomes of those who do.

use crate::engine::context::cx::Cx;
use crate::i18n::Phrase;
use crate::state::account::Suspension;
use crate::state::fact::AccountChange;
use crate::state::{Fact, UserId};

/// Suspends an account (folded). Everyone logged into it leaves, always-on or not; an operator who suspends
/// the own account loses it, but stays. Returns the nicks of those who had to go.
pub fn suspend(cx: &mut Cx<'_>, account: &str, suspension: Suspension) -> Vec<String> {
    let change = AccountChange::Suspended(Some(suspension));
    cx.commit(Fact::AccountChanged { account, change });
    let reason = cx.setup.said(Phrase::ACCOUNT_SUSPENDED, &[]);
    disconnect_unregistered(cx, account, &reason);
    let mut gone = Vec::new();
    for user in cx.state().users_of(account).to_vec() {
        if cx.state().users[user].sessions.contains(&cx.session) {
            super::lose_account(cx, user, &reason);
        } else {
            gone.push(cx.state().users[user].nick.as_str().to_owned());
            remove(cx, user, &reason);
        }
    }
    gone
}

/// Ends the connections of those who have logged into an account (folded), but are not registered yet.
pub fn disconnect_unregistered(cx: &mut Cx<'_>, account: &str, reason: &str) {
    for session in cx.state().registering_with(account) {
        cx.disconnect(session, reason);
    }
}

/// Lets people log into an account (folded) again; false when it was not suspended.
#[must_use]
pub fn lift(cx: &mut Cx<'_>, account: &str) -> bool {
    let there = cx.state().accounts.get(account).is_some_and(|there| there.suspended.is_some());
    if there {
        cx.commit(Fact::AccountChanged { account, change: AccountChange::Suspended(None) });
    }
    there
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

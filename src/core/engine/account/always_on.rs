//! Always-on users, who stay when their last session has ended.

use crate::engine::context::cx::Cx;
use crate::engine::setup::settings;
use crate::i18n::Phrase;
use crate::state::Fact;

/// Makes the user of an account always-on, or not, as its settings say now. Must be called after every change
/// of them. A user without a session who is no longer always-on quits.
pub fn renew_always_on(cx: &mut Cx<'_>, account: &str) {
    let Some(settings) = cx.state().accounts.get(account).map(|account| account.settings.clone()) else {
        return;
    };
    let on = settings::is_always_on(cx.config(), &settings);
    for user in cx.state().users_of(account).to_vec() {
        // The nick of an always-on user is the name of the account.
        let has_name = cx.state().users[user].nick.key() == account;
        if cx.state().users[user].always_on != (on && has_name) {
            cx.commit(Fact::AlwaysOnSet { user, on: on && has_name });
        }
        if !on && cx.state().users[user].sessions.is_empty() {
            let reason = cx.setup.said(Phrase::NO_LONGER_ALWAYS_ON, &[]);
            cx.commit(Fact::Quit { user, reason: &reason });
        }
    }
}

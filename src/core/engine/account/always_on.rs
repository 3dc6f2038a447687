//! Always-on users, who stay when their last session has ended.

use crate::engine::context::turn::Turn;
use crate::engine::setup::settings;
use crate::i18n::Phrase;
use crate::state::Fact;

/// Makes the user of an account always-on, or not, as its settings say now. Must be called after every change
/// of them. A user without a session who is no longer always-on quits.
pub fn renew_always_on(turn: &mut Turn<'_>, account: &str) {
    let Some(settings) = turn.state().accounts.get(account).map(|account| account.settings.clone()) else {
        return;
    };
    let on = settings::is_always_on(turn.config(), &settings);
    for user in turn.state().users_of(account).to_vec() {
        // The nick of an always-on user is the name of the account.
        let has_name = turn.state().users[user].nick.key() == account;
        if turn.state().users[user].always_on != (on && has_name) {
            turn.commit(Fact::AlwaysOnSet { user, on: on && has_name });
        }
        if !on && turn.state().users[user].sessions.is_empty() {
            let reason = turn.setup.said(Phrase::NO_LONGER_ALWAYS_ON, &[]);
            turn.commit(Fact::Quit { user, reason: &reason });
        }
    }
}

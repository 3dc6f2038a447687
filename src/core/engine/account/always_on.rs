//! Users who stay when their last session is gone.

use crate::engine::context::cx::Cx;
use crate::engine::setup::settings;
use crate::i18n::Phrase;
use crate::state::Fact;

/// Must follow every change of the settings of an account: its user stays from now on, or not. A user
/// without a session who does not stay any more is gone.
pub fn renew_always_on(cx: &mut Cx<'_>, account: &str) {
    let Some(settings) = cx.state().accounts.get(account).map(|account| account.settings.clone()) else {
        return;
    };
    let on = settings::is_always_on(cx.config(), &settings);
    for user in cx.state().users_of(account).to_vec() {
        // Who stays is known by the account's name.
        let known = cx.state().users[user].nick.key() == account;
        if cx.state().users[user].always_on != (on && known) {
            cx.commit(Fact::AlwaysOnSet { user, on: on && known });
        }
        if !on && cx.state().users[user].sessions.is_empty() {
            let reason = cx.setup.said(Phrase::NO_LONGER_ALWAYS_ON, &[]);
            cx.commit(Fact::Quit { user, reason: &reason });
        }
    }
}

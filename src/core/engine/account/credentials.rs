//! Changes of an account's passphrase and email address, once they are permitted.

use crate::auth::Credentials;
use crate::engine::context::turn::Turn;
use crate::state::Fact;
use crate::state::account::Purpose;
use crate::state::fact::AccountChange;

/// Replaces the passphrase of an account (folded) with that of these credentials, keeping its certificates,
/// and invalidates a password reset code. Returns false if there is no such account.
pub fn replace_passphrase(turn: &mut Turn<'_>, account: &str, new: &Credentials) -> bool {
    let Some(found) = turn.state().accounts.get(account) else { return false };
    let certfps = found.credentials.certfps.clone();
    let credentials = Box::new(Credentials { certfps, ..new.clone() });
    for change in [AccountChange::Credentials(credentials), AccountChange::CodeUsed(Purpose::PasswordReset)] {
        turn.commit(Fact::AccountChanged { account, change });
    }
    true
}

/// Sets or removes the email address of an account (folded), and invalidates a password reset code sent to
/// the old one.
pub fn replace_email(turn: &mut Turn<'_>, account: &str, email: Option<&str>) {
    for change in [AccountChange::Email(email), AccountChange::CodeUsed(Purpose::PasswordReset)] {
        turn.commit(Fact::AccountChanged { account, change });
    }
}

//! What NickServ does when a job is done.

use crate::auth::Secret;
use crate::engine::cx::Cx;
use crate::engine::event::JobAnswer;
use crate::engine::refusal::Outcome;

use super::{email, identify, password};

/// What waits for a job. Accounts are folded, except where they are to be logged into.
#[derive(Debug)]
pub enum Next {
    /// IDENTIFY: the passphrase for an account was compared.
    Passphrase {
        /// As it was written.
        account: String,
    },
    /// IDENTIFY: the certificate for an account was judged.
    Certificate {
        /// As it was written; empty for whichever it belongs to.
        account: String,
    },
    /// PASSWD: the old passphrase was compared.
    OldPassphrase {
        /// Whose.
        account: String,
        /// The new one; `None` for none.
        new: Option<Secret>,
    },
    /// PASSWD or RESETPASS: the new passphrase was hashed.
    NewPassphrase {
        /// Whose.
        account: String,
    },
    /// SENDPASS: the code was mailed.
    ResetMailed,
    /// SET EMAIL: the passphrase was compared.
    EmailPassphrase {
        /// Whose.
        account: String,
        /// The new address.
        email: String,
    },
    /// SET EMAIL: the code was mailed.
    EmailMailed,
}

/// Goes on.
pub fn go_on(cx: &mut Cx<'_>, next: Next, answer: &JobAnswer) -> Outcome {
    match next {
        Next::Passphrase { account } => identify::compared(cx, &account, answer),
        Next::Certificate { account } => identify::judged(cx, &account, answer),
        Next::OldPassphrase { account, new } => password::compared(cx, &account, new, answer),
        Next::NewPassphrase { account } => password::hashed(cx, &account, answer),
        Next::ResetMailed => password::mailed(cx, answer),
        Next::EmailPassphrase { account, email } => email::compared(cx, &account, &email, answer),
        Next::EmailMailed => email::mailed(cx, answer),
    }
}

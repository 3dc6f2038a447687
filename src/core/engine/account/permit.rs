//! Who may use an account: the one decision that every login ends with.
//!
//! Invariant: a [`LoginPermit`] is made here and nowhere else, and [`super::login::log_in`] takes nothing but a permit, so a
//! way into an account that skips the decision does not compile. A permit is used within the event that made
//! it: it must not wait for a job, as the account may be suspended meanwhile.

use super::login::{LoginRefused, find};
use crate::engine::context::cx::Cx;

/// Proof that a client may log into an account now.
#[derive(Debug, PartialEq, Eq)]
pub struct LoginPermit {
    account: Box<str>,
}

impl LoginPermit {
    /// Returns the folded name of the account.
    pub fn account(&self) -> &str {
        &self.account
    }
}

/// Decides whether a client that has proven to own an account may log into it.
///
/// # Errors
/// When there is no such account, or it is suspended or not verified.
pub fn allowed(cx: &Cx<'_>, account: &str) -> Result<LoginPermit, LoginRefused> {
    let account = find(cx, account).ok_or(LoginRefused::Wrong)?;
    if account.is_suspended(cx.now.wall_ms) {
        return Err(LoginRefused::Suspended);
    }
    if !account.verified {
        return Err(LoginRefused::Unverified);
    }
    Ok(LoginPermit { account: account.name.key().into() })
}

//! Permission to use an account: the one decision at the end of every login.
//!
//! Invariant: only this module makes a [`LoginPermit`], and [`super::login::log_in`] requires one, so a way
//! into an account that skips the decision does not compile. A permit must be used within the event in which
//! it was made, without waiting for a job, because the account could be suspended in the meantime.

use super::login::{LoginRefused, find};
use crate::engine::context::turn::Turn;

/// Proof that a client may log in to an account now.
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

/// Decides whether a client that has proven to own an account may log in to it.
///
/// # Errors
/// If there is no such account, or it is suspended or not verified.
pub fn allowed(turn: &Turn<'_>, account: &str) -> Result<LoginPermit, LoginRefused> {
    let account = find(turn, account).ok_or(LoginRefused::Wrong)?;
    if account.is_suspended(turn.now.wall_ms) {
        return Err(LoginRefused::Suspended);
    }
    if !account.verified {
        return Err(LoginRefused::Unverified);
    }
    Ok(LoginPermit { account: account.name.key().into() })
}

//! Names of new accounts: which are valid, and which are taken.

use crate::engine::context::turn::Turn;
use crate::engine::policy;
use crate::state::UserId;
use crate::text::AccountName;

use super::register::RegisterRefused;

/// The client that an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requester {
    /// The client that requests it, with its user, if it has one.
    Session(Option<UserId>),
    /// Another one, on whose behalf it is requested. It may be online with the name as its nick.
    Other,
}

impl Requester {
    /// Returns whether a user with the name, or one that looks like it, prevents the registration.
    fn is_barred_by(self, holder: UserId) -> bool {
        matches!(self, Requester::Session(me) if me != Some(holder))
    }
}

/// Checks the name of a new account.
///
/// # Errors
/// [`RegisterRefused::BadName`] or [`RegisterRefused::NameTaken`].
pub fn check_name(turn: &Turn<'_>, raw: &str, requester: Requester) -> Result<AccountName, RegisterRefused> {
    let (setup, state) = (turn.setup, turn.state());
    let nick = setup.mapping.nick(raw, turn.config().limits.nicklen);
    let nick = nick.map_err(|_| RegisterRefused::BadName)?;
    let name = setup.mapping.account(nick.as_str(), turn.config().limits.nicklen);
    let name = name.map_err(|_| RegisterRefused::BadName)?;
    let is_free = !policy::is_service(setup, &nick)
        && !is_guest(turn, name.key())
        && !state.retired_accounts.contains(name.key())
        && state.reserved_for(name.key()).is_none_or(|owner| is_unverified_expired(turn, owner, &name))
        && state.user_by_key(name.key()).is_none_or(|holder| !requester.is_barred_by(holder));
    if !is_free || is_confusable(turn, &name, requester) { Err(RegisterRefused::NameTaken) } else { Ok(name) }
}

/// Returns whether the name looks like that of another account or user.
fn is_confusable(turn: &Turn<'_>, name: &AccountName, requester: Requester) -> bool {
    if !turn.setup.mapping.has_skeletons() {
        return false;
    }
    let skeleton = turn.setup.mapping.skeleton(name.as_str());
    let state = turn.state();
    state.reserved_for_skeleton(&skeleton).is_some_and(|owner| !is_unverified_expired(turn, owner, name))
        || state.user_by_skeleton(&skeleton).is_some_and(|user| requester.is_barred_by(user))
}

/// Returns whether `owner` is the account with exactly this name, and was not verified in time.
fn is_unverified_expired(turn: &Turn<'_>, owner: &str, name: &AccountName) -> bool {
    let timeout_ms = turn.config().accounts.registration.verify_timeout.as_millis() as u64;
    owner == name.key()
        && timeout_ms > 0
        && turn.state().accounts.get(owner).is_some_and(|account| {
            !account.verified && turn.now.wall_ms >= account.registered_ms.saturating_add(timeout_ms)
        })
}

/// Returns whether a folded name has the format of guest nicks.
fn is_guest(turn: &Turn<'_>, key: &str) -> bool {
    let format = &turn.config().accounts.nick_reservation.guest_nickname_format;
    let pattern = turn.setup.mapping.fold_lossy(format);
    !format.is_empty() && crate::text::glob::matches(&pattern, key)
}

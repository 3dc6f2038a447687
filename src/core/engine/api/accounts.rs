//! Calls about accounts.

use serde::{Deserialize, Serialize};

use crate::auth::{Certfp, Secret, check_passphrase};
use crate::config::LogType;
use crate::engine::account::always_on::renew_always_on;
use crate::engine::account::credentials::{replace_email, replace_passphrase};
use crate::engine::account::login::{self, LoginRefused};
use crate::engine::account::name::{Requester, check_name};
use crate::engine::account::register::{self, RegisterRefused};
use crate::engine::border::{
    AccountEdits, AccountInfo, CallAnswer, CallId, CallRefused, HashJob, JobAnswer, Level, LoginProof, Page,
};
use crate::engine::context::turn::Turn;
use crate::engine::context::waiting::{CallOutcome, ResumeCall};
use crate::state::fact::AccountChange;
use crate::state::{Account, Fact};
use crate::text::is_email;

use super::{Served, answered};

/// Number of accounts in a page.
const PAGE_ACCOUNTS: usize = 500;

impl From<LoginRefused> for CallRefused {
    fn from(refused: LoginRefused) -> CallRefused {
        match refused {
            LoginRefused::Unverified => CallRefused::AccountUnverified,
            LoginRefused::Suspended => CallRefused::AccountSuspended,
            LoginRefused::Busy => CallRefused::Busy,
            _ => CallRefused::WrongCredentials,
        }
    }
}

impl From<RegisterRefused> for CallRefused {
    fn from(refused: RegisterRefused) -> CallRefused {
        match refused {
            RegisterRefused::NameTaken | RegisterRefused::AlreadyRegistered => CallRefused::AccountExists,
            RegisterRefused::BadPassphrase => CallRefused::BadPassphrase,
            RegisterRefused::BadName => CallRefused::Invalid("accountName"),
            RegisterRefused::Busy => CallRefused::Busy,
            other => CallRefused::Failed(other.phrase().english().to_owned()),
        }
    }
}

fn find_account<'t>(turn: &'t Turn<'_>, name: &str) -> Result<&'t Account, CallRefused> {
    login::find(turn, name).ok_or(CallRefused::NotFound)
}

pub(super) fn check_login(
    turn: &mut Turn<'_>,
    served: Served<'_>,
    account: String,
    proof: LoginProof,
) -> CallOutcome {
    match proof {
        LoginProof::Passphrase(passphrase) => {
            let job = login::check(turn, &account, passphrase.reveal());
            turn.ask_for(served.id, job, LoginChecked { account });
            Ok(None)
        }
        LoginProof::Certificate(certfp) => {
            let certfp = Certfp::parse(&certfp).ok_or(CallRefused::WrongCredentials)?;
            let permit = login::check_certificate(turn, &account, certfp.as_str())?;
            logged_in(turn, permit.account())
        }
    }
}

fn logged_in(turn: &Turn<'_>, account: &str) -> CallOutcome {
    let account = find_account(turn, account)?.name.as_str().to_owned();
    answered(CallAnswer::LoggedIn { account })
}

/// Waits for the comparison of a passphrase.
#[derive(Debug, Serialize, Deserialize)]
pub struct LoginChecked {
    account: String,
}

impl ResumeCall for LoginChecked {
    fn resume(self: Box<Self>, turn: &mut Turn<'_>, _: CallId, answer: &JobAnswer) -> CallOutcome {
        let permit = login::verdict(turn, &self.account, answer)?;
        logged_in(turn, permit.account())
    }
}

pub(super) fn find(turn: &Turn<'_>, name: &str) -> CallOutcome {
    let account = find_account(turn, name)?;
    let founded = turn
        .state()
        .registered_channels()
        .filter(|(_, _, registration)| *registration.founder == *account.name.key())
        .map(|(_, channel, _)| channel.name.as_str().to_owned());
    let info = AccountInfo { channels: founded.collect(), ..describe(turn, account) };
    answered(CallAnswer::Account(Box::new(info)))
}

/// Lists the accounts after one, in the order of their folded names.
pub(super) fn list(turn: &Turn<'_>, after: &str) -> CallOutcome {
    let mut accounts = turn.state().accounts.iter_after(Some(after).filter(|after| !after.is_empty()));
    let some: Vec<_> = accounts.by_ref().take(PAGE_ACCOUNTS).collect();
    let last = some.last().map(|(key, _)| key.to_string());
    let next = last.filter(|_| accounts.next().is_some());
    let entries = some.into_iter().map(|(_, account)| describe(turn, account)).collect();
    answered(CallAnswer::Accounts(Page { entries, next }))
}

fn describe(turn: &Turn<'_>, account: &Account) -> AccountInfo {
    AccountInfo {
        name: account.name.as_str().to_owned(),
        email: account.email.as_deref().map(str::to_owned),
        registered_ms: account.registered_ms,
        verified: account.verified,
        suspended: account.is_suspended(turn.now.wall_ms),
        always_on: account.settings.always_on,
        auto_away: account.settings.auto_away,
        replay_joins: account.settings.replay_joins == Some(true),
        channels: Vec::new(),
    }
}

pub(super) fn create(turn: &mut Turn<'_>, served: Served<'_>, name: &str, passphrase: Secret) -> CallOutcome {
    check_name(turn, name, Requester::Other)?;
    turn.note(Level::Info, LogType::Opers, format!("{} requested the account {name:?}", served.by));
    hash(turn, served, passphrase, PassphraseHashed { account: name.to_owned(), creates: true })
}

pub(super) fn set_passphrase(
    turn: &mut Turn<'_>,
    served: Served<'_>,
    account: &str,
    passphrase: Secret,
) -> CallOutcome {
    let account = find_account(turn, account)?.name.key().to_owned();
    let text = format!("{} changed the password of account {account}", served.by);
    turn.note(Level::Info, LogType::Opers, text);
    hash(turn, served, passphrase, PassphraseHashed { account, creates: false })
}

fn hash(turn: &mut Turn<'_>, served: Served<'_>, passphrase: Secret, then: PassphraseHashed) -> CallOutcome {
    check_passphrase(passphrase.reveal()).map_err(|_| CallRefused::BadPassphrase)?;
    let cost = turn.config().accounts.registration.bcrypt_cost;
    turn.ask_for(served.id, HashJob::HashPassphrase { credentials: Box::default(), passphrase, cost }, then);
    Ok(None)
}

/// Waits for the hash of the passphrase of an account.
#[derive(Debug, Serialize, Deserialize)]
pub struct PassphraseHashed {
    /// The name of the account.
    account: String,
    /// Whether the account must be created.
    creates: bool,
}

impl ResumeCall for PassphraseHashed {
    fn resume(self: Box<Self>, turn: &mut Turn<'_>, _: CallId, answer: &JobAnswer) -> CallOutcome {
        let JobAnswer::Hashed(credentials) = answer else { return Err(CallRefused::Busy) };
        if self.creates {
            // The name may have been taken while the passphrase was hashed.
            let name = check_name(turn, &self.account, Requester::Other)?;
            register::create_for_other(turn, name, (**credentials).clone());
        } else if !replace_passphrase(turn, &self.account, credentials) {
            return Err(CallRefused::NotFound);
        }
        answered(CallAnswer::Done)
    }
}

pub(super) fn change(
    turn: &mut Turn<'_>,
    served: Served<'_>,
    account: &str,
    edits: &AccountEdits,
) -> CallOutcome {
    let account = find_account(turn, account)?;
    if !account.verified {
        return Err(CallRefused::AccountUnverified);
    }
    if edits.email.as_deref().is_some_and(|email| !email.is_empty() && !is_email(email)) {
        return Err(CallRefused::Invalid("email"));
    }
    let (key, old) = (account.name.key().to_owned(), account.settings.clone());
    let mut new = old.clone();
    new.always_on = edits.always_on.unwrap_or(new.always_on);
    new.auto_away = edits.auto_away.unwrap_or(new.auto_away);
    // Without a choice, they are never replayed, which the API cannot express: it means the same here.
    new.replay_joins = edits.replay_joins.map_or(new.replay_joins, Some);
    if !edits.is_empty() {
        let text = format!("{} changed settings of account {key}", served.by);
        turn.note(Level::Info, LogType::Opers, text);
    }
    if new != old {
        turn.commit(Fact::AccountChanged { account: &key, change: AccountChange::Settings(new) });
        renew_always_on(turn, &key);
    }
    if let Some(email) = &edits.email {
        replace_email(turn, &key, Some(email.as_str()).filter(|email| !email.is_empty()));
    }
    find(turn, &key)
}

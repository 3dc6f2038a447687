//! PASSWD, SENDPASS and RESETPASS: changes passphrases.

use serde::{Deserialize, Serialize};

use crate::auth::{self, Credentials, Secret, check_passphrase};
use crate::config::{Config, LogType};
use crate::engine::account::credentials::replace_passphrase;
use crate::engine::account::login::{self, LoginRefused};
use crate::engine::account::register::{self, RegisterRefused};
use crate::engine::border::{HashJob, JobAnswer, Level};
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::waiting::Resume;
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;
use crate::state::Account;
use crate::state::account::Purpose;

use super::identify::refusal;
use super::{NS, find_account, is_authentication_enabled, own_account};

pub(super) const PASSWD: ServiceCommand = ServiceCommand::new("PASSWD", |cx, params| match params {
    [account, new] => change_other(cx, account, new),
    _ => change_own(cx, params),
})
.aliases(&["PASSWORD"])
.params(2, 3)
.enabled(is_authentication_enabled)
.help("<old> <new> <new>: changes your password")
.more(&[
    "Give * as the new password to log in with a certificate only, and as the old one if you have none.",
    "Operators can change the password of any account with <account> <new>.",
]);

pub(super) const SENDPASS: ServiceCommand = ServiceCommand::new("SENDPASS", send_code)
    .params(1, 1)
    .enabled(is_reset_enabled)
    .help("<account>: sends a password reset code to the account's email address");

pub(super) const RESETPASS: ServiceCommand = ServiceCommand::new("RESETPASS", reset)
    .params(3, 3)
    .enabled(is_reset_enabled)
    .help("<account> <code> <new>: resets a password with the code sent by SENDPASS");

fn is_reset_enabled(config: &Config) -> bool {
    let verification = &config.accounts.registration.email_verification;
    verification.enabled && verification.password_reset.enabled
}

/// Parses a new passphrase; `*` means none.
fn parse_new(raw: &str) -> Result<Option<Secret>, Refusal> {
    if raw == "*" {
        return Ok(None);
    }
    let bad = |_| NS.refuse(RegisterRefused::BadPassphrase.phrase(), &[]);
    check_passphrase(raw).map_err(bad)?;
    Ok(Some(Secret::from(raw)))
}

fn change_own(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let account = own_account(cx)?;
    let (name, key) = (account.name.as_str().to_owned(), account.name.key().to_owned());
    if account.credentials.is_empty() {
        // Only auth-script logs users in to this account; a password here would bypass it.
        return Err(NS.refuse(Phrase::PASSWORD_ELSEWHERE, &[]));
    }
    if params[1] != params[2] {
        return Err(NS.refuse(Phrase::PASSWORDS_DIFFER, &[]));
    }
    let new = parse_new(params[1])?;
    if new.is_none() && account.credentials.certfps.is_empty() {
        return Err(NS.refuse(Phrase::PASSWORD_NEEDED, &[]));
    }
    if account.credentials.passphrase_hash.is_none() {
        // The user has logged in with a certificate, which is sufficient.
        return set(cx, &key, new);
    }
    let job = login::attempt(cx, &name, params[0]).map_err(refusal)?;
    cx.ask(job, OldPassphraseCompared { account: key, new });
    Ok(())
}

/// Waits for the comparison of the old passphrase.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct OldPassphraseCompared {
    /// The folded account name.
    account: String,
    /// The new passphrase; `None` removes the old one.
    new: Option<Secret>,
}

impl Resume for OldPassphraseCompared {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let account = self.account.as_str();
        let permit = login::verdict(cx, account, answer).map_err(refusal)?;
        if permit.account() != account {
            return Err(refusal(LoginRefused::Wrong));
        }
        set(cx, account, self.new)
    }
}

fn change_other(cx: &mut Cx<'_>, account: &str, new: &str) -> Outcome {
    let Some(oper) = cx.user().oper.as_ref().filter(|_| cx.user().may("accreg")) else {
        return Err(NS.refuse(Phrase::SERVICE_NO_PRIVILEGE, &[]));
    };
    let oper = oper.name.to_string();
    let key = find_account(cx, account)?.name.key().to_owned();
    let new = parse_new(new)?;
    cx.note(Level::Info, LogType::Opers, format!("operator {oper} changed the password of account {key}"));
    set(cx, &key, new)
}

fn set(cx: &mut Cx<'_>, account: &str, new: Option<Secret>) -> Outcome {
    let Some(passphrase) = new else {
        return replace(cx, account, &Credentials::default());
    };
    let cost = cx.config().accounts.registration.bcrypt_cost;
    let job = HashJob::HashPassphrase { credentials: Box::default(), passphrase, cost };
    cx.ask(job, NewPassphraseHashed { account: account.to_owned() });
    Ok(())
}

/// Waits for the hash of the new passphrase.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct NewPassphraseHashed {
    /// The folded account name.
    account: String,
}

impl Resume for NewPassphraseHashed {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        match answer {
            JobAnswer::Hashed(new) => replace(cx, &self.account, new),
            _ => Err(NS.refuse(Phrase::SERVER_BUSY, &[])),
        }
    }
}

fn replace(cx: &mut Cx<'_>, key: &str, new: &Credentials) -> Outcome {
    if !replace_passphrase(cx, key, new) {
        return Err(NS.refuse(Phrase::NO_SUCH_ACCOUNT, &[]));
    }
    cx.tell(NS, Phrase::PASSWORD_CHANGED, &[]);
    Ok(())
}

fn send_code(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    login::count(cx).map_err(refusal)?;
    let account = find_account(cx, params[0])?;
    let key = account.name.key().to_owned();
    let email = account.email.as_deref().filter(|_| account.verified).map(str::to_owned);
    login::allowed(cx, &key).map_err(refusal)?;
    let email = email.ok_or_else(|| NS.refuse(Phrase::ACCOUNT_HAS_NO_EMAIL, &[]))?;
    let job = register::send_code(cx, &key, Purpose::PasswordReset, &email);
    let job = job.map_err(|_| NS.refuse(Phrase::TRY_LATER, &[]))?;
    cx.note(
        Level::Info,
        LogType::Accounts,
        format!("{} requested a password reset for account {key}", cx.nick()),
    );
    cx.ask(job, ResetMailed { account: key, email });
    Ok(())
}

/// Waits for the email with the code.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct ResetMailed {
    /// The folded account name.
    account: String,
    /// The account's address.
    email: String,
}

impl Resume for ResetMailed {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let sent = *answer == JobAnswer::Mailed(());
        if !sent {
            register::withdraw_code(cx, &self.account, Purpose::PasswordReset, &self.email);
        }
        cx.tell(NS, if sent { Phrase::PASSWORD_RESET_SENT } else { Phrase::MAIL_FAILED }, &[]);
        Ok(())
    }
}

fn reset(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    login::count(cx).map_err(refusal)?;
    let new = parse_new(params[2])?.ok_or_else(|| NS.bad_parameters(RESETPASS.name))?;
    let key = find_account(cx, params[0])?.name.key().to_owned();
    login::allowed(cx, &key).map_err(refusal)?;
    let timeout = cx.config().accounts.registration.email_verification.password_reset.timeout;
    let (account, timeout_ms) = (find_account(cx, &key)?, timeout.as_millis() as u64);
    if !is_valid_code(account, Purpose::PasswordReset, params[1], timeout_ms, cx.now.wall_ms) {
        return Err(NS.refuse(Phrase::CODE_WRONG, &[]));
    }
    set(cx, &key, Some(new))
}

/// Whether this is the code sent for a purpose, and it has not expired. With a timeout of 0, codes do not
/// expire.
pub(super) fn is_valid_code(
    account: &Account,
    purpose: Purpose,
    code: &str,
    timeout_ms: u64,
    now_ms: u64,
) -> bool {
    account.codes.iter().filter(|sent| sent.purpose == purpose).any(|sent| {
        let expires_ms = if timeout_ms == 0 { u64::MAX } else { sent.at_ms.saturating_add(timeout_ms) };
        auth::Code::read(&sent.code, expires_ms).matches(code, now_ms)
    })
}

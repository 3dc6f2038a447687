//! The one way to prove to be someone, for SASL, PASS, USER and the services.
//!
//! To log in by passphrase: [`attempt`] gives the job to ask for, [`verdict`] reads its answer, and
//! [`log_in`] takes the [`LoginPermit`] that comes of it; [`super::lose_account`] is the way back. Accounts are made
//! in [`super::register`]. Invariants: every attempt is counted before anything is compared; an account that
//! does not exist, has no passphrase, is suspended or unverified is answered like a wrong passphrase, and as
//! late, until the passphrase was right.

use crate::auth::{Credentials, ScramKeys, Secret};
use crate::engine::border::{HashJob, Job, JobAnswer, Level, LoginVerdict, NetworkJob, ScriptCall};
use crate::engine::context::cx::Cx;
use crate::engine::door::host;
use crate::engine::policy::{self, NickClaim};
use crate::engine::setup::settings;
use crate::i18n::Phrase;
use crate::state::account::Account;
use crate::state::fact::AccountChange;
use crate::state::{Fact, UserId};
use crate::wire::Text;
use crate::wire::numeric::RPL_LOGGEDIN;

pub use super::permit::{LoginPermit, allowed};

/// Why someone is not logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginRefused {
    /// Nobody can log in here.
    Disabled,
    /// Too many attempts; so many seconds are to be waited.
    Throttled(u64),
    /// No such account, or not its passphrase or certificate.
    Wrong,
    /// The address of the account has not been verified.
    Unverified,
    /// Nobody may log into the account.
    Suspended,
    /// There is no client certificate.
    NoCertificate,
    /// The user's nick would have to become the account's name, and someone else has that.
    NickTaken,
    /// The job could not be done.
    Busy,
}

impl LoginRefused {
    /// What is said of it, with the arguments.
    pub fn phrase(self) -> (Phrase, Vec<String>) {
        let phrase = match self {
            LoginRefused::Disabled => Phrase::LOGIN_DISABLED,
            LoginRefused::Throttled(wait_s) => return (Phrase::LOGIN_THROTTLED, vec![wait_s.to_string()]),
            LoginRefused::Wrong => Phrase::LOGIN_WRONG,
            LoginRefused::Unverified => Phrase::ACCOUNT_UNVERIFIED,
            LoginRefused::Suspended => Phrase::ACCOUNT_SUSPENDED,
            LoginRefused::NoCertificate => Phrase::NO_CERTIFICATE,
            LoginRefused::NickTaken => Phrase::ACCOUNT_NICK_TAKEN,
            LoginRefused::Busy => Phrase::SERVER_BUSY,
        };
        (phrase, Vec::new())
    }
}

/// Begins a login by passphrase: counts it, and gives the job whose answer is for [`verdict`].
///
/// # Errors
/// When it may not even be tried.
pub fn attempt(cx: &mut Cx<'_>, account: &str, passphrase: &str) -> Result<Job, LoginRefused> {
    count(cx)?;
    let cost = cx.config().accounts.registration.bcrypt_cost;
    let credentials = find(cx, account).map(|account| account.credentials.clone());
    let credentials = credentials.filter(|credentials| credentials.passphrase_hash.is_some());
    let check = HashJob::CheckLogin {
        credentials: Box::new(credentials.unwrap_or_else(|| Credentials::decoy(cost))),
        passphrase: passphrase.into(),
        cost,
    };
    Ok(match script_call(cx, account, passphrase) {
        Some(call) => NetworkJob::AskAuthScript { call, otherwise: Some(check) }.into(),
        None => check.into(),
    })
}

/// Reads the answer to the job of [`attempt`].
///
/// # Errors
/// When the passphrase is wrong, or nobody may log into the account now.
pub fn verdict(cx: &mut Cx<'_>, account: &str, answer: &JobAnswer) -> Result<LoginPermit, LoginRefused> {
    let verdict = match answer {
        JobAnswer::Login(verdict) | JobAnswer::ScriptLogin(verdict) => verdict,
        _ => return Err(LoginRefused::Busy),
    };
    let (named, renewed) = match verdict {
        LoginVerdict::Right { renewed } => (account, renewed.as_deref()),
        LoginVerdict::Vouched { account: named } => {
            let named = if named.is_empty() { account } else { named.as_str() };
            super::register::adopt_vouched(cx, named);
            (named, None)
        }
        LoginVerdict::Wrong => return Err(LoginRefused::Wrong),
    };
    let permit = allowed(cx, named)?;
    if let Some(renewed) = renewed {
        renew(cx, permit.account(), renewed);
    }
    Ok(permit)
}

/// Begins a login by the session's client certificate. With a job, its answer is for
/// [`certificate_verdict`]; without one, the account is known.
///
/// # Errors
/// When it may not be tried, or the certificate is nobody's.
pub fn attempt_certificate(cx: &mut Cx<'_>, account: &str) -> Result<Certified, LoginRefused> {
    count(cx)?;
    if cx.served().door.certfp.is_none() {
        return Err(LoginRefused::NoCertificate);
    }
    match script_call(cx, account, "") {
        Some(call) => Ok(Certified::Ask(NetworkJob::AskAuthScript { call, otherwise: None })),
        None => certified(cx, account).map(Certified::Known),
    }
}

/// What [`attempt_certificate`] comes to.
#[derive(Debug)]
pub enum Certified {
    /// The account is known.
    Known(LoginPermit),
    /// A program is to be asked.
    Ask(NetworkJob),
}

/// Reads the answer to the job of [`attempt_certificate`]. A program that has none leaves the decision to
/// what is known here.
///
/// # Errors
/// When the certificate is nobody's, or nobody may log into the account now.
pub fn certificate_verdict(
    cx: &mut Cx<'_>,
    account: &str,
    answer: &JobAnswer,
) -> Result<LoginPermit, LoginRefused> {
    match answer {
        JobAnswer::ScriptLogin(LoginVerdict::Vouched { account: named }) if !named.is_empty() => {
            super::register::adopt_vouched(cx, named);
            allowed(cx, named)
        }
        JobAnswer::ScriptLogin(_) => Err(LoginRefused::Wrong),
        _ => certified(cx, account),
    }
}

/// The account that the session's certificate belongs to; it must be `account`, if that is given.
fn certified(cx: &Cx<'_>, account: &str) -> Result<LoginPermit, LoginRefused> {
    let certfp = cx.served().door.certfp.as_deref().ok_or(LoginRefused::NoCertificate)?;
    let key = cx.state().account_by_certfp(certfp).ok_or(LoginRefused::Wrong)?.to_owned();
    if !account.is_empty() && find(cx, account).is_none_or(|named| named.name.key() != key) {
        return Err(LoginRefused::Wrong);
    }
    allowed(cx, &key)
}

/// Begins a login by SCRAM: counts it, and gives the keys for the exchange; keys that no passphrase fits
/// if the account has none.
///
/// # Errors
/// When it may not even be tried.
pub fn attempt_scram(cx: &mut Cx<'_>, account: &str) -> Result<ScramKeys, LoginRefused> {
    count(cx)?;
    let keys = find(cx, account).and_then(|account| account.credentials.scram.clone());
    let pretend = || {
        let name = cx.setup.mapping.fold_lossy(account);
        ScramKeys::pretend(cx.setup.cloak_secret.as_bytes(), &name)
    };
    Ok(keys.unwrap_or_else(pretend))
}

/// Logs the session into an account, and its user, if it has one; with 900. Changes the nick to the account's
/// name where the configuration demands it.
///
/// # Errors
/// When the nick is in use by another user; nothing has changed then.
pub fn log_in(cx: &mut Cx<'_>, permit: LoginPermit, device: Option<&str>) -> Result<(), LoginRefused> {
    let account = permit.account();
    let nick = match cx.served().user() {
        Some(me) => required_nick(cx, account, me)?,
        None => None,
    };
    let text = format!("Client {} logged into account {account}", cx.nick());
    cx.note(Level::Info, "accounts", text);
    say_logged_in(cx, account);
    cx.commit(Fact::LoggedIn { session: cx.session, account, device });
    cx.commit(Fact::Seen { account, device: device.unwrap_or_default(), at_ms: cx.now.wall_ms });
    let Some(user) = cx.served().user() else { return Ok(()) };
    if let Some(nick) = nick {
        cx.commit(Fact::NickChanged { user, nick });
    }
    if cx.account().is_some_and(|account| settings::is_always_on(cx.config(), &account.settings)) {
        cx.commit(Fact::AlwaysOnSet { user, on: true });
    }
    host::renew(cx, user);
    Ok(())
}

/// The nick a registered user has to take when logged into the account; `None` when it has it.
fn required_nick(cx: &Cx<'_>, account: &str, me: UserId) -> Result<Option<crate::text::Nick>, LoginRefused> {
    let account = cx.state().accounts.get(account).ok_or(LoginRefused::Wrong)?;
    if !settings::uses_account_name(cx.config(), &account.settings) {
        return Ok(None);
    }
    match policy::claim_nick(cx.setup, cx.state(), account.name.as_str(), Some(account), Some(me)) {
        Ok(NickClaim::Take(nick)) => Ok((nick.as_str() != cx.user().nick.as_str()).then_some(nick)),
        _ => Err(LoginRefused::NickTaken),
    }
}

/// RPL_LOGGEDIN: `900 nick nick!user@host account :…`.
fn say_logged_in(cx: &mut Cx<'_>, account: &str) {
    let Some(name) = cx.state().accounts.get(account).map(|account| account.name.as_str().to_owned()) else {
        return;
    };
    let source = match cx.served().user() {
        Some(user) => cx.state().users[user].source().to_owned(),
        // Before registration nobody has a mask.
        None => format!("{}!*@*", cx.nick()),
    };
    cx.reply(RPL_LOGGEDIN, &[&source, &name], Text::Said(Phrase::LOGGED_IN, &[&name]));
}

/// Finds an account by name.
pub fn find<'c>(cx: &'c Cx<'_>, name: &str) -> Option<&'c Account> {
    let key = cx.setup.mapping.nick_key(name).ok()?;
    cx.state().accounts.get(&*key).map(|account| &**account)
}

/// Counts an attempt of the session, at whatever could be guessed.
///
/// # Errors
/// When nobody can log in, or there were too many attempts of late.
pub fn count(cx: &mut Cx<'_>) -> Result<(), LoginRefused> {
    let accounts = &cx.config().accounts;
    if !accounts.authentication_enabled {
        return Err(LoginRefused::Disabled);
    }
    let limit = &accounts.login_throttling;
    if !limit.enabled {
        return Ok(());
    }
    let mut logins = cx.served().logins;
    let counted = logins.allow(cx.now.mono_ms, limit.duration, limit.max_attempts as u32);
    cx.commit(Fact::LoginTried { session: cx.session, logins });
    counted.map_err(|wait| LoginRefused::Throttled(wait.as_millis().div_ceil(1000) as u64))
}

/// What `accounts.auth-script` is asked, if it is in use.
fn script_call(cx: &Cx<'_>, account: &str, passphrase: &str) -> Option<Box<ScriptCall>> {
    let script = &cx.config().accounts.auth_script;
    let door = &cx.served().door;
    script.enabled.then(|| {
        Box::new(ScriptCall {
            script: script.into(),
            account: account.to_owned(),
            passphrase: Secret::from(passphrase),
            certfp: door.certfp.as_deref().unwrap_or_default().to_owned(),
            certificates: door.certificates.clone(),
            ip: door.ip,
        })
    })
}

/// Takes over the hash that was made anew of an outdated one, unless the passphrase was changed meanwhile.
fn renew(cx: &mut Cx<'_>, key: &str, renewed: &Credentials) {
    let Some(account) = cx.state().accounts.get(key) else { return };
    if !account.credentials.is_outdated(cx.config().accounts.registration.bcrypt_cost) {
        return;
    }
    let certfps = account.credentials.certfps.clone();
    let credentials = Box::new(Credentials { certfps, ..renewed.clone() });
    let change = AccountChange::Credentials(credentials);
    cx.commit(Fact::AccountChanged { account: key, change });
}

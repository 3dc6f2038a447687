//! Logging in to an account, for SASL, PASS, USER and the services.
//!
//! To log in by passphrase, [`attempt`] returns the job to request, [`verdict`] reads its answer, and
//! [`log_in`] takes the resulting [`LoginPermit`]; [`super::lose_account`] is the opposite. Creating accounts
//! is left to [`super::register`]. Invariants: every attempt is counted before anything is compared; the
//! answer for an account that does not exist, has no passphrase, is suspended or unverified cannot be
//! distinguished from that for a wrong passphrase, in wording or timing, unless the passphrase was right.

use crate::auth::{Credentials, ScramKeys, Secret};
use crate::config::LogType;
use crate::engine::border::{
    HashJob, Job, JobAnswer, Level, LoginOutcome, LoginVerdict, NetworkJob, ScriptCall,
};
use crate::engine::context::cx::Cx;
use crate::engine::context::turn::Turn;
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

/// The reason why a client is not logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginRefused {
    /// Logging in is disabled.
    Disabled,
    /// Too many attempts; the client must wait for this number of seconds.
    Throttled(u64),
    /// There is no such account, or the passphrase or certificate is wrong.
    Wrong,
    /// The email address of the account has not been verified.
    Unverified,
    /// The account is suspended.
    Suspended,
    /// The client has no certificate.
    NoCertificate,
    /// The user's nick must become the account's name, which another user has.
    NickTaken,
    /// The job could not be done.
    Busy,
}

impl LoginRefused {
    /// Returns the text for the client, with its arguments.
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

    /// Returns how the attempt is counted.
    fn outcome(self) -> LoginOutcome {
        match self {
            LoginRefused::Wrong | LoginRefused::NoCertificate => LoginOutcome::Wrong,
            LoginRefused::Throttled(_) => LoginOutcome::Throttled,
            LoginRefused::Disabled
            | LoginRefused::Unverified
            | LoginRefused::Suspended
            | LoginRefused::NickTaken
            | LoginRefused::Busy => LoginOutcome::Refused,
        }
    }
}

/// Counts an attempt that failed, and returns the reason.
pub fn failed(turn: &mut Turn<'_>, refused: LoginRefused) -> LoginRefused {
    turn.count_login(refused.outcome());
    refused
}

/// Starts a login by passphrase: counts it, and returns the job whose answer goes to [`verdict`].
///
/// # Errors
/// If logging in is disabled or throttled.
pub fn attempt(cx: &mut Cx<'_>, account: &str, passphrase: &str) -> Result<Job, LoginRefused> {
    count(cx)?;
    let check = check(cx, account, passphrase);
    Ok(match script_call(cx, account, passphrase) {
        Some(call) => NetworkJob::AskAuthScript { call, otherwise: Some(check) }.into(),
        None => check.into(),
    })
}

/// Returns the job that compares a passphrase with the credentials stored for an account. The answer goes to
/// [`verdict`].
pub fn check(turn: &Turn<'_>, account: &str, passphrase: &str) -> HashJob {
    let cost = turn.config().accounts.registration.bcrypt_cost;
    let credentials = find(turn, account).map(|account| account.credentials.clone());
    let credentials = credentials.filter(|credentials| credentials.passphrase_hash.is_some());
    HashJob::CheckLogin {
        credentials: Box::new(credentials.unwrap_or_else(|| Credentials::decoy(cost))),
        passphrase: passphrase.into(),
        cost,
    }
}

/// Reads the answer to the job of [`attempt`] or [`check`].
///
/// # Errors
/// If the passphrase is wrong, or the account cannot be used now.
pub fn verdict(turn: &mut Turn<'_>, account: &str, answer: &JobAnswer) -> Result<LoginPermit, LoginRefused> {
    read_verdict(turn, account, answer).map_err(|refused| failed(turn, refused))
}

fn read_verdict(turn: &mut Turn<'_>, account: &str, answer: &JobAnswer) -> Result<LoginPermit, LoginRefused> {
    let verdict = match answer {
        JobAnswer::Login(verdict) | JobAnswer::ScriptLogin(verdict) => verdict,
        _ => return Err(LoginRefused::Busy),
    };
    let (named, renewed) = match verdict {
        LoginVerdict::Right { renewed } => (account, renewed.as_deref()),
        LoginVerdict::Vouched { account: named } => {
            let named = if named.is_empty() { account } else { named.as_str() };
            super::register::adopt_vouched(turn, named);
            (named, None)
        }
        LoginVerdict::Wrong => return Err(LoginRefused::Wrong),
    };
    let permit = allowed(turn, named)?;
    if let Some(renewed) = renewed {
        renew(turn, permit.account(), renewed);
    }
    Ok(permit)
}

/// Starts a login by the session's client certificate. If it returns a job, the answer goes to
/// [`certificate_verdict`].
///
/// # Errors
/// If logging in is disabled or throttled, or the certificate belongs to no account.
pub fn attempt_certificate(cx: &mut Cx<'_>, account: &str) -> Result<Certified, LoginRefused> {
    count(cx)?;
    if cx.served().door.certfp.is_none() {
        return Err(failed(cx, LoginRefused::NoCertificate));
    }
    match script_call(cx, account, "") {
        Some(call) => Ok(Certified::Ask(NetworkJob::AskAuthScript { call, otherwise: None })),
        None => certified(cx, account).map(Certified::Known).map_err(|refused| failed(cx, refused)),
    }
}

/// The result of [`attempt_certificate`].
#[derive(Debug)]
pub enum Certified {
    /// The account is known.
    Known(LoginPermit),
    /// `accounts.auth-script` decides.
    Ask(NetworkJob),
}

/// Reads the answer to the job of [`attempt_certificate`]. If the script gave none, the stored certificates
/// decide.
///
/// # Errors
/// If the certificate belongs to no account, or the account cannot be used now.
pub fn certificate_verdict(
    cx: &mut Cx<'_>,
    account: &str,
    answer: &JobAnswer,
) -> Result<LoginPermit, LoginRefused> {
    let permit = match answer {
        JobAnswer::ScriptLogin(LoginVerdict::Vouched { account: named }) if !named.is_empty() => {
            super::register::adopt_vouched(cx, named);
            allowed(cx, named)
        }
        JobAnswer::ScriptLogin(_) => Err(LoginRefused::Wrong),
        _ => certified(cx, account),
    };
    permit.map_err(|refused| failed(cx, refused))
}

fn certified(cx: &Cx<'_>, account: &str) -> Result<LoginPermit, LoginRefused> {
    let certfp = cx.served().door.certfp.as_deref().ok_or(LoginRefused::NoCertificate)?;
    check_certificate(cx, account, certfp)
}

/// Permits a login to the account of a certificate; it must be `account`, unless that is empty.
///
/// # Errors
/// If the certificate belongs to no account or to another one, or the account cannot be used now.
pub fn check_certificate(turn: &Turn<'_>, account: &str, certfp: &str) -> Result<LoginPermit, LoginRefused> {
    let key = turn.state().account_by_certfp(certfp).ok_or(LoginRefused::Wrong)?;
    if !account.is_empty() && find(turn, account).is_none_or(|named| named.name.key() != key) {
        return Err(LoginRefused::Wrong);
    }
    allowed(turn, key)
}

/// Starts a login by SCRAM: counts it, and returns the keys for the exchange. If the account has none, no
/// passphrase matches the keys.
///
/// # Errors
/// If logging in is disabled or throttled.
pub fn attempt_scram(cx: &mut Cx<'_>, account: &str) -> Result<ScramKeys, LoginRefused> {
    count(cx)?;
    let keys = find(cx, account).and_then(|account| account.credentials.scram.clone());
    let pretend = || {
        let name = cx.setup.mapping.fold_lossy(account);
        ScramKeys::pretend(cx.setup.cloak_secret.as_bytes(), &name)
    };
    Ok(keys.unwrap_or_else(pretend))
}

/// Logs the session and its user, if it has one, in to an account, and sends 900. Changes the nick to the
/// account's name if the configuration requires it.
///
/// # Errors
/// If that nick is in use by another user; then nothing has changed.
pub fn log_in(cx: &mut Cx<'_>, permit: LoginPermit, device: Option<&str>) -> Result<(), LoginRefused> {
    let account = permit.account();
    let nick = match cx.served().user() {
        Some(me) => required_nick(cx, account, me).map_err(|refused| failed(cx, refused))?,
        None => None,
    };
    cx.count_login(LoginOutcome::Accepted);
    let text = format!("Client {} logged into account {account}", cx.nick());
    cx.note(Level::Info, LogType::Accounts, text);
    send_logged_in(cx, account);
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

/// Returns the nick to which a registered user must change when logged in to the account; `None` if there is
/// none.
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

/// Sends RPL_LOGGEDIN: `900 nick nick!user@host account :…`.
fn send_logged_in(cx: &mut Cx<'_>, account: &str) {
    let Some(name) = cx.state().accounts.get(account).map(|account| account.name.as_str().to_owned()) else {
        return;
    };
    let source = match cx.served().user() {
        Some(user) => cx.state().users[user].source().to_owned(),
        // Before registration there is no user or host.
        None => format!("{}!*@*", cx.nick()),
    };
    cx.reply(RPL_LOGGEDIN, &[&source, &name], Text::Said(Phrase::LOGGED_IN, &[&name]));
}

/// Finds an account by name.
pub fn find<'t>(turn: &'t Turn<'_>, name: &str) -> Option<&'t Account> {
    let key = turn.setup.mapping.nick_key(name).ok()?;
    turn.state().accounts.get(&key).map(|account| &**account)
}

/// Counts an attempt of the session to log in, or to guess a code.
///
/// # Errors
/// If logging in is disabled, or there were too many recent attempts.
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
    counted.map_err(|wait| failed(cx, LoginRefused::Throttled(wait.as_millis().div_ceil(1000) as u64)))
}

/// Returns the question for `accounts.auth-script`, if it is enabled.
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

/// Stores the hash that replaces an outdated one, unless the passphrase was changed in the meantime.
fn renew(turn: &mut Turn<'_>, key: &str, renewed: &Credentials) {
    let Some(account) = turn.state().accounts.get(key) else { return };
    if !account.credentials.is_outdated(turn.config().accounts.registration.bcrypt_cost) {
        return;
    }
    let certfps = account.credentials.certfps.clone();
    let credentials = Box::new(Credentials { certfps, ..renewed.clone() });
    let change = AccountChange::Credentials(credentials);
    turn.commit(Fact::AccountChanged { account: key, change });
}

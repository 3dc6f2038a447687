//! Registration of accounts: its rules and its steps.
//!
//! [`apply`] checks a request and requests the hash; [`PassphraseHashed`] creates the account and, if
//! addresses are verified, sends a code; [`RegistrationCodeMailed`] reports that, and [`verify`] takes the
//! code. Invariant: the result of a request is reported exactly once, through [`RegistrationRequest::tell`],
//! and so is the login that may follow.

use std::time::Duration;

use data_encoding::BASE32_NOPAD;

use serde::{Deserialize, Serialize, Serializer};

use crate::auth::{self, BadPassphrase, Certfp, Credentials, Secret};
use crate::config::LogType;
use crate::engine::border::{HashJob, JobAnswer, Level, Mail, NetworkJob};
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::turn::Turn;
use crate::engine::context::waiting::Resume;
use crate::engine::setup::settings;
use crate::i18n::Phrase;
use crate::state::account::{Account, Code, Purpose};
use crate::state::fact::AccountChange;
use crate::state::{Fact, UserId};
use crate::text::{AccountName, is_email};
use crate::wire::Text;

use super::login::{LoginRefused, allowed, log_in};
use super::name::{Requester, check_name};

/// Limit on the random nicks tried for a user who loses the nick. It is very unlikely that even one is taken.
const GUEST_NICKS_TRIED_MAX: usize = 8;

/// Minimum time between two codes for the same account and purpose.
pub const CODE_INTERVAL_MIN: Duration = Duration::from_secs(10 * 60);

/// A request for an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RegistrationRequest {
    /// The name as the client wrote it.
    pub name: String,
    /// The passphrase; `None` to log in by certificate only.
    pub passphrase: Option<Secret>,
    /// The certificate to log in with.
    pub certfp: Option<Certfp>,
    /// The email address.
    pub email: Option<String>,
    /// An operator registers the account for another user: without limits, email or login.
    pub by_operator: bool,
    /// Reports the result to the session.
    pub tell: Responder,
}

/// Reports the result of a request to the session, with the replies of a command.
#[derive(Clone, Copy, Debug)]
pub struct Responder {
    /// The name under which it is stored while a job is in progress.
    pub name: &'static str,
    /// Sends the replies.
    pub tell: fn(&mut Cx<'_>, &RegistrationRequest, Result<Registered, RegisterRefused>),
}

impl Responder {
    fn tell(
        self,
        cx: &mut Cx<'_>,
        request: &RegistrationRequest,
        result: Result<Registered, RegisterRefused>,
    ) {
        (self.tell)(cx, request, result);
    }
}

impl Serialize for Responder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name.serialize(serializer)
    }
}

/// The result of a successful request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// The account has been created. The client is logged in right after this is reported.
    Account,
    /// The client has been logged in; reported after [`Registered::Account`].
    LoggedIn,
    /// The account has been created, but cannot be used until it is verified with the code from the email.
    CodeSent,
}

/// The reason why no account was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterRefused {
    /// Registration is disabled.
    Disabled,
    /// The client has an account, or has already requested one.
    AlreadyRegistered,
    /// The name is not valid.
    BadName,
    /// The name belongs to an account, a user or a deleted account, or is reserved.
    NameTaken,
    /// The passphrase is not valid.
    BadPassphrase,
    /// There is neither passphrase nor certificate, or the certificate belongs to another account.
    BadCertificate,
    /// A valid email address is required.
    BadEmail,
    /// The email address is blocked.
    UnwantedEmail,
    /// Too many accounts were registered recently.
    Throttled,
    /// An email was sent to the address recently.
    MailedRecently,
    /// The email could not be sent.
    MailFailed,
    /// The job could not be done.
    Busy,
}

impl RegisterRefused {
    /// Returns the text for the client.
    pub fn phrase(self) -> Phrase {
        match self {
            RegisterRefused::Disabled => Phrase::REGISTRATION_DISABLED,
            RegisterRefused::AlreadyRegistered => Phrase::ACCOUNT_ALREADY_YOURS,
            RegisterRefused::BadName => Phrase::ACCOUNT_NAME_INVALID,
            RegisterRefused::NameTaken => Phrase::ACCOUNT_EXISTS,
            RegisterRefused::BadPassphrase => Phrase::PASSPHRASE_INVALID,
            RegisterRefused::BadCertificate => Phrase::CERTIFICATE_UNUSABLE,
            RegisterRefused::BadEmail => Phrase::EMAIL_NEEDED,
            RegisterRefused::UnwantedEmail => Phrase::EMAIL_UNWANTED,
            RegisterRefused::Throttled => Phrase::REGISTRATION_THROTTLED,
            RegisterRefused::MailedRecently => Phrase::TRY_LATER,
            RegisterRefused::MailFailed => Phrase::MAIL_FAILED,
            RegisterRefused::Busy => Phrase::SERVER_BUSY,
        }
    }
}

/// Returns the name that the session can register: its nick, for a guest without the guest format around it.
/// `None` if it has no nick yet.
pub fn own_name(cx: &Cx<'_>) -> Option<String> {
    let nick = cx.nick();
    let reservation = &cx.config().accounts.nick_reservation;
    if nick == "*" {
        return None;
    }
    let guest =
        reservation.force_guest_format.then(|| reservation.guest_nickname_format.split_once('*')).flatten();
    let chosen = guest.and_then(|(before, after)| nick.strip_prefix(before)?.strip_suffix(after));
    Some(chosen.unwrap_or(nick).to_owned())
}

/// Handles a request. The result is reported through [`RegistrationRequest::tell`], now or later.
pub fn apply(cx: &mut Cx<'_>, request: RegistrationRequest) {
    let checked = match request.by_operator {
        true => name_of(cx, &request).map(drop),
        false => check_request(cx, &request),
    };
    if let Err(refused) = checked {
        return request.tell.tell(cx, &request, Err(refused));
    }
    let mut credentials = Credentials::default();
    if let Some(certfp) = request.certfp.clone() {
        credentials.certfps.push(certfp);
    }
    match request.passphrase.clone() {
        Some(passphrase) => {
            let cost = cx.config().accounts.registration.bcrypt_cost;
            let job = HashJob::HashPassphrase { credentials: Box::new(credentials), passphrase, cost };
            cx.ask(job, PassphraseHashed(request));
        }
        None => create_account(cx, request, credentials),
    }
}

fn check_request(cx: &mut Cx<'_>, request: &RegistrationRequest) -> Result<(), RegisterRefused> {
    let rules = &cx.config().accounts.registration;
    let before_connect = rules.allow_before_connect;
    let closed = !rules.enabled || cx.state().defcon.closes_registration();
    if closed || (cx.served().user().is_none() && !before_connect) {
        return Err(RegisterRefused::Disabled);
    }
    if cx.account().is_some() || cx.served().applied {
        return Err(RegisterRefused::AlreadyRegistered);
    }
    name_of(cx, request)?;
    match request.passphrase.as_ref().map(|passphrase| auth::check_passphrase(passphrase.reveal())) {
        Some(Err(BadPassphrase::Empty | BadPassphrase::TooLong | BadPassphrase::Unsendable)) => {
            return Err(RegisterRefused::BadPassphrase);
        }
        None if request.certfp.is_none() => return Err(RegisterRefused::BadCertificate),
        Some(Ok(())) | None => {}
    }
    check_email(cx, request.email.as_deref())?;
    check_mailbox(cx, request)?;
    let limit = &rules.throttling;
    if limit.enabled {
        let mut registrations = cx.state().registrations;
        let counted = registrations.allow(cx.now.mono_ms, limit.duration, limit.max_attempts as u32);
        cx.commit(Fact::RegistrationTried { registrations });
        if counted.is_err() {
            cx.note(Level::Warn, LogType::Accounts, "too many recent registrations".to_owned());
            return Err(RegisterRefused::Throttled);
        }
    }
    Ok(())
}

/// Checks name and certificate. This is done before and after hashing, because both may be taken in between.
fn name_of(cx: &Cx<'_>, request: &RegistrationRequest) -> Result<AccountName, RegisterRefused> {
    let requester = match request.by_operator {
        true => Requester::Other,
        false => Requester::Session(cx.served().user()),
    };
    let name = check_name(cx, &request.name, requester)?;
    let certfp = request.certfp.as_ref().and_then(|certfp| cx.state().account_by_certfp(certfp.as_str()));
    if certfp.is_some() { Err(RegisterRefused::BadCertificate) } else { Ok(name) }
}

fn check_email(cx: &Cx<'_>, email: Option<&str>) -> Result<(), RegisterRefused> {
    if !cx.config().accounts.registration.email_verification.enabled {
        return Ok(());
    }
    let email = email.filter(|email| is_email(email)).ok_or(RegisterRefused::BadEmail)?;
    if cx.setup.mail.is_blocked(email) { Err(RegisterRefused::UnwantedEmail) } else { Ok(()) }
}

/// Rejects a request that would send an email to an address to which one was sent recently.
fn check_mailbox(cx: &Cx<'_>, request: &RegistrationRequest) -> Result<(), RegisterRefused> {
    let email = request.email.as_deref().filter(|_| sends_code(cx) && !request.by_operator);
    match email.is_none_or(|email| cx.state().mail_log.may_send(email, cx.now.mono_ms)) {
        true => Ok(()),
        false => Err(RegisterRefused::MailedRecently),
    }
}

/// Returns whether the email address must be verified with a code before the account can be used.
fn sends_code(turn: &Turn<'_>) -> bool {
    turn.config().accounts.registration.email_verification.enabled
}

/// Creates the account once the passphrase has been hashed.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct PassphraseHashed(RegistrationRequest);

impl Resume for PassphraseHashed {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let request = self.0;
        match answer {
            JobAnswer::Hashed(credentials) => create_account(cx, request, (**credentials).clone()),
            _ => request.tell.tell(cx, &request, Err(RegisterRefused::Busy)),
        }
        Ok(())
    }
}

fn create_account(cx: &mut Cx<'_>, request: RegistrationRequest, credentials: Credentials) {
    let name = match name_of(cx, &request).and_then(|name| check_mailbox(cx, &request).map(|()| name)) {
        Ok(name) => name,
        Err(refused) => return request.tell.tell(cx, &request, Err(refused)),
    };
    if request.by_operator {
        create_for_other(cx, name, credentials);
        return request.tell.tell(cx, &request, Ok(Registered::Account));
    }
    let needs_code = sends_code(cx);
    let mut account = Account::new(name, credentials, cx.now.wall_ms);
    account.email = request.email.as_deref().filter(|_| needs_code).map(Box::from);
    account.verified = !needs_code;
    let key = make_account(cx, account);
    if needs_code {
        let email = request.email.clone().unwrap_or_default();
        match send_code(cx, &key, Purpose::Verification, &email) {
            Ok(job) => cx.ask(job, RegistrationCodeMailed(request)),
            Err(MailedRecently) => {
                cx.commit(Fact::AccountRemoved { account: &key, freed: true });
                request.tell.tell(cx, &request, Err(RegisterRefused::MailedRecently));
            }
        }
        return;
    }
    let me = cx.served().user();
    reclaim_nick(cx, &key, me);
    request.tell.tell(cx, &request, Ok(Registered::Account));
    if log_in_new(cx, &key) {
        request.tell.tell(cx, &request, Ok(Registered::LoggedIn));
    }
}

/// Creates an account on someone else's behalf, under a name from [`check_name`].
pub fn create_for_other(turn: &mut Turn<'_>, name: AccountName, credentials: Credentials) {
    let account = Account::new(name, credentials, turn.now.wall_ms);
    let key = make_account(turn, account);
    reclaim_nick(turn, &key, None);
}

/// Stores a new account, in place of one with the same name that was not verified in time. Returns its folded
/// name.
fn make_account(turn: &mut Turn<'_>, account: Account) -> Box<str> {
    let key: Box<str> = account.name.key().into();
    if turn.state().accounts.contains_key(&key) {
        turn.commit(Fact::AccountRemoved { account: &key, freed: true });
    }
    turn.commit(Fact::AccountMade { account: Box::new(account) });
    turn.note(Level::Info, LogType::Accounts, format!("Account {key} registered"));
    key
}

/// Too many emails were requested for the account or to the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailedRecently;

/// Creates and stores a code for an account (folded), and returns the job that mails it. All email to users
/// goes through here.
///
/// # Errors
/// If a code for this account and purpose was sent within `password-reset.cooldown` (at least
/// [`CODE_INTERVAL_MIN`]), or any email to the address within [`crate::state::mail_log::INTERVAL_MS`].
pub fn send_code(
    cx: &mut Cx<'_>,
    account: &str,
    purpose: Purpose,
    email: &str,
) -> Result<NetworkJob, MailedRecently> {
    let cooldown = cx.config().accounts.registration.email_verification.password_reset.cooldown;
    let interval_ms = cooldown.max(CODE_INTERVAL_MIN).as_millis() as u64;
    let is_recent =
        |code: &Code| code.purpose == purpose && code.at_ms.saturating_add(interval_ms) > cx.now.wall_ms;
    let found = cx.state().accounts.get(account);
    let has_recent = found.is_some_and(|account| account.codes.iter().any(is_recent));
    if has_recent || !cx.state().mail_log.may_send(email, cx.now.mono_ms) {
        return Err(MailedRecently);
    }
    let code = auth::Code::new(cx.ids.secret(), u64::MAX);
    let (subject, body) =
        cx.setup.mail.code(&cx.setup.languages, cx.setup.server_name(), account, purpose, code.as_str());
    let code = Code { purpose, code: code.as_str().into(), email: email.into(), at_ms: cx.now.wall_ms };
    cx.commit(Fact::AccountChanged { account, change: AccountChange::CodeSent(code) });
    let route = Box::new((&cx.config().accounts.registration.email_verification).into());
    Ok(NetworkJob::SendMail { route, mail: Box::new(Mail { to: email.to_owned(), subject, body }) })
}

/// Withdraws a code whose email could not be sent, so that another can be requested at once.
pub fn withdraw_code(cx: &mut Cx<'_>, account: &str, purpose: Purpose, email: &str) {
    if cx.state().accounts.contains_key(account) {
        cx.commit(Fact::AccountChanged { account, change: AccountChange::CodeUsed(purpose) });
    }
    cx.commit(Fact::MailUnsent { address: email });
}

/// Reports that the code was mailed. If it could not be, removes the account, so that the name is free again.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct RegistrationCodeMailed(RegistrationRequest);

impl Resume for RegistrationCodeMailed {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let request = self.0;
        let sent = *answer == JobAnswer::Mailed(());
        if sent {
            cx.commit(Fact::AccountRequested { session: cx.session });
        } else if let Some(key) =
            super::login::find(cx, &request.name).map(|account| account.name.key().to_owned())
        {
            cx.commit(Fact::AccountRemoved { account: &key, freed: true });
            cx.commit(Fact::MailUnsent { address: request.email.as_deref().unwrap_or_default() });
        }
        request.tell.tell(
            cx,
            &request,
            if sent { Ok(Registered::CodeSent) } else { Err(RegisterRefused::MailFailed) },
        );
        Ok(())
    }
}

/// Verifies an account with a code. Returns the folded name of the account, whose owner must then be logged
/// in with [`log_in_new`]. An attempt counts as one to log in.
///
/// # Errors
/// [`LoginRefused::Wrong`] if the code is wrong or has expired, or there is no such unverified account;
/// [`LoginRefused::Suspended`] if the code is right, but the account was suspended in the meantime.
pub fn verify(cx: &mut Cx<'_>, account: &str, code: &str) -> Result<Box<str>, LoginRefused> {
    super::login::count(cx)?;
    let timeout_ms = cx.config().accounts.registration.verify_timeout.as_millis() as u64;
    let account =
        super::login::find(cx, account).filter(|account| !account.verified).ok_or(LoginRefused::Wrong)?;
    let (key, is_suspended) = (Box::<str>::from(account.name.key()), account.is_suspended(cx.now.wall_ms));
    let matches = |sent: &Code| {
        let expires_ms = if timeout_ms == 0 { u64::MAX } else { sent.at_ms.saturating_add(timeout_ms) };
        sent.purpose == Purpose::Verification
            && auth::Code::read(&sent.code, expires_ms).matches(code, cx.now.wall_ms)
    };
    if !account.codes.iter().any(matches) {
        return Err(LoginRefused::Wrong);
    }
    if is_suspended {
        return Err(LoginRefused::Suspended);
    }
    for change in [AccountChange::Verified, AccountChange::CodeUsed(Purpose::Verification)] {
        cx.commit(Fact::AccountChanged { account: &key, change });
    }
    let me = cx.served().user();
    reclaim_nick(cx, &key, me);
    Ok(key)
}

/// Renames another user than the owner whose nick belongs to an account (folded) now to a guest nick, if
/// nicks are enforced: NICK would no longer allow it.
fn reclaim_nick(turn: &mut Turn<'_>, account: &str, owner: Option<UserId>) {
    let state = turn.state();
    let Some(owned) = state.accounts.get(account) else { return };
    let Some(user) = state.user_by_key(account).filter(|&user| owner != Some(user)) else { return };
    let is_logged_in = state.users[user].account.as_ref() == Some(&owned.name);
    if is_logged_in || !settings::is_enforced(turn.config(), &owned.settings) {
        return;
    }
    for _ in 0..GUEST_NICKS_TRIED_MAX {
        let random = BASE32_NOPAD.encode(&turn.ids.secret::<8>()).to_ascii_lowercase();
        let format = &turn.config().accounts.nick_reservation.guest_nickname_format;
        let wanted = format.replacen('*', &random, 1);
        let nick = turn.setup.mapping.nick(&wanted, turn.config().limits.nicklen);
        if let Ok(nick) = nick
            && turn.state().user_by_key(nick.key()).is_none()
        {
            return turn.commit(Fact::NickChanged { user, nick });
        }
    }
}

/// Logs the owner of a new account in, or sends the reason why not. Returns whether it succeeded.
pub fn log_in_new(cx: &mut Cx<'_>, account: &str) -> bool {
    let logged_in = allowed(cx, account).and_then(|permit| log_in(cx, permit, None));
    let Err(refused) = logged_in else { return true };
    let (phrase, args) = refused.phrase();
    let (nick, args) = (cx.nick().to_owned(), args.iter().map(String::as_str).collect::<Vec<_>>());
    cx.reply_command("NOTICE", &[&nick], Text::Said(phrase, &args));
    false
}

/// Creates an account for a name that `accounts.auth-script` accepted, if `autocreate` is enabled.
pub(super) fn adopt_vouched(turn: &mut Turn<'_>, name: &str) {
    if super::login::find(turn, name).is_some() || !turn.config().accounts.auth_script.autocreate {
        return;
    }
    let Ok(name) = check_name(turn, name, Requester::Other) else {
        return turn.note(
            Level::Warn,
            LogType::Accounts,
            format!("auth-script accepted a login to {name}, but no account with that name can be created"),
        );
    };
    create_for_other(turn, name, Credentials::default());
}

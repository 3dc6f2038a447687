//! SET EMAIL and VERIFYEMAIL: changes the email address of an account, after its owner has confirmed it.

use serde::{Deserialize, Serialize};

use crate::engine::account::credentials::replace_email;
use crate::engine::account::login::{self, LoginRefused};
use crate::engine::account::register;
use crate::engine::border::JobAnswer;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::waiting::Resume;
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;
use crate::state::account::Purpose;
use crate::state::fact::AccountChange;
use crate::state::{Account, Fact};
use crate::text::is_email;

use super::identify::refusal;
use super::{NS, is_authentication_enabled, own_account, password};

pub(super) const VERIFYEMAIL: ServiceCommand = ServiceCommand::new("VERIFYEMAIL", verify)
    .params(1, 1)
    .logged_in()
    .enabled(is_authentication_enabled)
    .hidden()
    .help("<code>: confirms a new email address with the code sent to it");

/// Starts to change the address of the user's own account: checks the passphrase, then sends a code.
pub(super) fn start(cx: &mut Cx<'_>, account: &Account, email: &str, passphrase: Option<&str>) -> Outcome {
    if !cx.config().accounts.registration.email_verification.enabled {
        return Err(NS.refuse(Phrase::EMAIL_NOT_VERIFIED_HERE, &[]));
    }
    if !is_email(email) {
        return Err(NS.refuse(Phrase::EMAIL_NEEDED, &[]));
    }
    if cx.setup.mail.is_blocked(email) {
        return Err(NS.refuse(Phrase::EMAIL_UNWANTED, &[]));
    }
    if account.credentials.is_empty() {
        // With an address, SENDPASS and RESETPASS would set a password.
        return Err(NS.refuse(Phrase::PASSWORD_ELSEWHERE, &[]));
    }
    let (name, key) = (account.name.as_str(), account.name.key().to_owned());
    if account.credentials.passphrase_hash.is_none() {
        login::count(cx).map_err(refusal)?;
        return send(cx, &key, email);
    }
    let passphrase = passphrase.ok_or_else(|| NS.refuse(Phrase::PASSWORD_WANTED, &[]))?;
    let job = login::attempt(cx, name, passphrase).map_err(refusal)?;
    cx.ask(job, EmailPassphraseChecked { account: key, email: email.to_owned() });
    Ok(())
}

/// Waits for the comparison of the owner's passphrase.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct EmailPassphraseChecked {
    /// The folded account name.
    account: String,
    /// The new address.
    email: String,
}

impl Resume for EmailPassphraseChecked {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let EmailPassphraseChecked { account, email } = &*self;
        let permit = login::verdict(cx, account, answer).map_err(refusal)?;
        if permit.account() != account {
            return Err(refusal(LoginRefused::Wrong));
        }
        send(cx, account, email)
    }
}

fn send(cx: &mut Cx<'_>, account: &str, email: &str) -> Outcome {
    let job = register::send_code(cx, account, Purpose::EmailChange, email);
    let job = job.map_err(|_| NS.refuse(Phrase::TRY_LATER, &[]))?;
    cx.ask(job, EmailCodeMailed { account: account.to_owned(), email: email.to_owned() });
    Ok(())
}

/// Waits for the email with the code.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct EmailCodeMailed {
    /// The folded account name.
    account: String,
    /// The new address.
    email: String,
}

impl Resume for EmailCodeMailed {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let sent = *answer == JobAnswer::Mailed(());
        if !sent {
            register::withdraw_code(cx, &self.account, Purpose::EmailChange, &self.email);
        }
        cx.tell(NS, if sent { Phrase::EMAIL_CODE_SENT } else { Phrase::MAIL_FAILED }, &[]);
        Ok(())
    }
}

fn verify(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    login::count(cx).map_err(refusal)?;
    let timeout = cx.config().accounts.registration.verify_timeout;
    let account = own_account(cx)?;
    let sent = account.codes.iter().find(|code| code.purpose == Purpose::EmailChange);
    let timeout_ms = timeout.as_millis() as u64;
    let is_valid =
        password::is_valid_code(account, Purpose::EmailChange, params[0], timeout_ms, cx.now.wall_ms);
    let Some(email) = sent.filter(|_| is_valid).map(|code| code.email.clone()) else {
        return Err(NS.refuse(Phrase::CODE_WRONG, &[]));
    };
    let account = account.clone();
    cx.commit(Fact::AccountChanged {
        account: account.name.key(),
        change: AccountChange::CodeUsed(Purpose::EmailChange),
    });
    set(cx, &account, &email)
}

/// Sets the address of an account.
pub(super) fn set(cx: &mut Cx<'_>, account: &Account, email: &str) -> Outcome {
    replace_email(cx, account.name.key(), Some(email));
    cx.tell(NS, Phrase::SETTING_CHANGED, &[]);
    cx.tell(NS, Phrase::SETTING_IS, &["email", email]);
    Ok(())
}

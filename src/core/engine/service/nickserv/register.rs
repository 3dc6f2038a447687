//! REGISTER, SAREGISTER and VERIFY: creates and verifies accounts.

use crate::auth::{Certfp, Secret, check_passphrase};
use crate::engine::account::login::LoginRefused;
use crate::engine::account::register::{self, RegisterRefused, Registered, RegistrationRequest, Responder};
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;

use super::identify::refusal;
use super::{NS, is_authentication_enabled};

pub(super) const REGISTER: ServiceCommand = ServiceCommand::new("REGISTER", register)
    .params(1, 2)
    .enabled(|config| config.accounts.registration.enabled)
    .help("<password> [<email>]: registers your nickname as an account")
    .more(&[
        "If the server requires an email address, it sends a verification code; see HELP VERIFY.",
        "To log in with your TLS client certificate instead of a password, send * as the password.",
    ]);

pub(super) const SAREGISTER: ServiceCommand = ServiceCommand::new("SAREGISTER", register_other)
    .params(1, 2)
    .right("accreg")
    .enabled(is_authentication_enabled)
    .help("<account> [<password>]: registers an account on someone else's behalf")
    .more(&["Without a password, the account cannot be used until PASSWD sets one."]);

pub(super) const VERIFY: ServiceCommand = ServiceCommand::new("VERIFY", verify)
    .params(2, 2)
    .enabled(|config| config.accounts.registration.enabled)
    .help("<account> <code>: verifies an account with the code sent by email");

fn register(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let certfp = cx.served().door.certfp.as_deref().and_then(Certfp::parse);
    let (passphrase, certfp) = match params[0] {
        "*" if certfp.is_none() => return Err(NS.refuse(Phrase::NO_CERTIFICATE, &[])),
        "*" => (None, certfp),
        // Users of other NickServs may put their nick first.
        nick if nick.eq_ignore_ascii_case(cx.nick()) => return Err(NS.bad_parameters(REGISTER.name)),
        passphrase => {
            let is_free = |certfp: &Certfp| cx.state().account_by_certfp(certfp.as_str()).is_none();
            (Some(Secret::from(passphrase)), certfp.filter(is_free))
        }
    };
    let name = register::own_name(cx).ok_or_else(|| NS.refuse(Phrase::ERRONEOUS_NICKNAME, &[]))?;
    let email = params.get(1).map(|&email| email.to_owned());
    register::apply(
        cx,
        RegistrationRequest { name, passphrase, certfp, email, by_operator: false, tell: RESPONDER },
    );
    Ok(())
}

pub(in crate::engine) const RESPONDER: Responder = Responder { name: "NS REGISTER", tell };
pub(in crate::engine) const OTHER_RESPONDER: Responder =
    Responder { name: "NS SAREGISTER", tell: tell_other };

fn tell(cx: &mut Cx<'_>, request: &RegistrationRequest, result: Result<Registered, RegisterRefused>) {
    match result {
        Ok(Registered::Account) => cx.tell(NS, Phrase::ACCOUNT_CREATED, &[]),
        // Clients do not show the 900 in the window of NickServ.
        Ok(Registered::LoggedIn) => tell_logged_in(cx),
        Ok(Registered::CodeSent) => {
            let email = request.email.as_deref().unwrap_or_default();
            cx.tell(NS, Phrase::ACCOUNT_CREATED_UNVERIFIED, &[email]);
        }
        Err(refused) => cx.tell(NS, refused.phrase(), &[]),
    }
}

fn tell_logged_in(cx: &mut Cx<'_>) {
    let name = cx.account().map(|account| account.name.as_str().to_owned()).unwrap_or_default();
    cx.tell(NS, Phrase::LOGGED_IN, &[&name]);
}

fn register_other(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let passphrase = params.get(1).copied().filter(|&passphrase| passphrase != "*");
    if passphrase.is_some_and(|passphrase| check_passphrase(passphrase).is_err()) {
        return Err(NS.refuse(RegisterRefused::BadPassphrase.phrase(), &[]));
    }
    let (name, passphrase) = (params[0].to_owned(), passphrase.map(Secret::from));
    let tell = OTHER_RESPONDER;
    register::apply(
        cx,
        RegistrationRequest { name, passphrase, certfp: None, email: None, by_operator: true, tell },
    );
    Ok(())
}

fn tell_other(cx: &mut Cx<'_>, request: &RegistrationRequest, result: Result<Registered, RegisterRefused>) {
    match result {
        Ok(_) => cx.tell(NS, Phrase::ACCOUNT_MADE, &[&request.name]),
        Err(refused) => cx.tell(NS, refused.phrase(), &[]),
    }
}

fn verify(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    if cx.account().is_some() {
        return Err(NS.refuse(Phrase::ALREADY_IDENTIFIED, &[]));
    }
    let key = register::verify(cx, params[0], params[1]).map_err(|refused| match refused {
        LoginRefused::Wrong => NS.refuse(Phrase::CODE_WRONG, &[]),
        refused => refusal(refused),
    })?;
    cx.tell(NS, Phrase::ACCOUNT_CREATED, &[]);
    if register::log_in_new(cx, &key) {
        tell_logged_in(cx);
    }
    Ok(())
}

//! REGISTER and VERIFY: registers an account
//! (<https://ircv3.net/specs/extensions/account-registration>).

use crate::engine::account::login::LoginRefused;
use crate::engine::account::register::{
    self, RegisterRefused, Registered, RegistrationRequest, Responder, own_name,
};
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::wire::{Message, Text};

use super::Command;

pub(super) const REGISTER: Command = Command::new("REGISTER", register)
    .params(3)
    .before_registration()
    .help("<account>|* <email>|* <password>: registers an account, by default named after your nickname");

pub(super) const VERIFY: Command = Command::new("VERIFY", verify)
    .params(2)
    .before_registration()
    .help("<account> <code>: verifies a new account with the code sent by email");

fn register(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    can_store(cx, "REGISTER")?;
    // Only the session's own nick can be registered, so no client takes the name of another user.
    let Some(name) = own_name(cx) else {
        return Err(refusal("*", RegisterRefused::NameTaken));
    };
    if m.param(0) != "*" && m.param(0) != name {
        let context = vec![printable(m.param(0))];
        return Err(Refusal::Fail {
            command: "REGISTER",
            code: "ACCOUNT_NAME_MUST_BE_NICK",
            context,
            text: Phrase::ACCOUNT_NAME_IS_NICK,
        });
    }
    let rules = &cx.config().accounts.registration;
    if rules.enabled && cx.served().user().is_none() && !rules.allow_before_connect {
        let context = vec![name];
        return Err(Refusal::Fail {
            command: "REGISTER",
            code: "COMPLETE_CONNECTION_REQUIRED",
            context,
            text: Phrase::CONNECT_FIRST,
        });
    }
    let email = Some(m.param(1)).filter(|email| *email != "*" && !email.is_empty());
    let request = RegistrationRequest {
        name,
        passphrase: Some(m.param(2).into()),
        certfp: None,
        email: email.map(|email| email.strip_prefix("mailto:").unwrap_or(email).to_owned()),
        by_operator: false,
        tell: RESPONDER,
    };
    register::apply(cx, request);
    Ok(())
}

/// Checks that the disk is not full.
fn can_store(cx: &Cx<'_>, command: &'static str) -> Outcome {
    if !cx.state().store_full {
        return Ok(());
    }
    let context = vec![own_name(cx).unwrap_or_else(|| "*".to_owned())];
    Err(Refusal::Fail { command, code: "TEMPORARILY_UNAVAILABLE", context, text: Phrase::STORE_FULL })
}

pub(in crate::engine) const RESPONDER: Responder = Responder { name: "REGISTER", tell };

fn tell(cx: &mut Cx<'_>, request: &RegistrationRequest, outcome: Result<Registered, RegisterRefused>) {
    match outcome {
        Ok(Registered::Account) => {
            let text = Text::Said(Phrase::REGISTERED_ACCOUNT, &[]);
            cx.reply_command("REGISTER", &["SUCCESS", &request.name], text);
        }
        // 900 reports it.
        Ok(Registered::LoggedIn) => {}
        Ok(Registered::CodeSent) => {
            let email = request.email.as_deref().unwrap_or_default();
            let text = Text::Said(Phrase::VERIFICATION_SENT, &[email]);
            cx.reply_command("REGISTER", &["VERIFICATION_REQUIRED", &request.name], text);
        }
        Err(refused) => refusal(&request.name, refused).say(cx),
    }
}

fn refusal(name: &str, refused: RegisterRefused) -> Refusal {
    let code = match refused {
        RegisterRefused::Disabled => "DISALLOWED",
        RegisterRefused::AlreadyRegistered => "ALREADY_REGISTERED",
        RegisterRefused::BadName => "INVALID_USERNAME",
        RegisterRefused::NameTaken => "ACCOUNT_EXISTS",
        RegisterRefused::BadPassphrase => "INVALID_PASSWORD",
        RegisterRefused::BadEmail => "INVALID_EMAIL",
        RegisterRefused::UnwantedEmail | RegisterRefused::MailFailed => "UNACCEPTABLE_EMAIL",
        RegisterRefused::BadCertificate
        | RegisterRefused::Throttled
        | RegisterRefused::MailedRecently
        | RegisterRefused::Busy => "UNKNOWN_ERROR",
    };
    let (context, text) = (vec![printable(name)], refused.phrase());
    Refusal::Fail { command: "REGISTER", code, context, text }
}

/// Returns a client's parameter, or `*` if it cannot be sent as a middle parameter.
fn printable(raw: &str) -> String {
    let is_middle = !raw.is_empty() && !raw.starts_with(':') && !raw.contains(' ');
    if is_middle { raw.to_owned() } else { "*".to_owned() }
}

fn verify(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    can_store(cx, "VERIFY")?;
    let fail = |code, text| Refusal::Fail { command: "VERIFY", code, context: Vec::new(), text };
    let rules = &cx.config().accounts.registration;
    if !rules.enabled {
        return Err(fail("DISALLOWED", Phrase::REGISTRATION_DISABLED));
    }
    if cx.served().user().is_none() && !rules.allow_before_connect {
        return Err(fail("DISALLOWED", Phrase::CONNECT_FIRST));
    }
    if cx.account().is_some() {
        return Err(fail("ALREADY_REGISTERED", Phrase::ACCOUNT_ALREADY_YOURS));
    }
    match register::verify(cx, m.param(0), m.param(1)) {
        Ok(key) => {
            let text = Text::Said(Phrase::REGISTERED_ACCOUNT, &[]);
            cx.reply_command("VERIFY", &["SUCCESS", m.param(0)], text);
            register::log_in_new(cx, &key);
            Ok(())
        }
        Err(LoginRefused::Wrong) => Err(fail("INVALID_CODE", Phrase::CODE_INVALID)),
        Err(refused) => {
            let (phrase, args) = refused.phrase();
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            cx.reply_command("FAIL", &["VERIFY", "UNKNOWN_ERROR"], Text::Said(phrase, &args));
            Err(Refusal::Said)
        }
    }
}

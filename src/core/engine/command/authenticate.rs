//! AUTHENTICATE: logs in by SASL (<https://ircv3.net/specs/extensions/sasl-3.2>).

use serde::{Deserialize, Serialize};

use crate::auth::{Exchange, Login, Mechanism, Reason, SaslClaim, SaslStep, challenge_chunks, nonce};
use crate::engine::account::login::{self, Certified, LoginPermit, LoginRefused};
use crate::engine::border::JobAnswer;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::waiting::Resume;
use crate::engine::setup::capability::mechanisms;
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::wire::numeric::*;
use crate::wire::{Message, Numeric, Text};

use super::Command;

pub(super) const AUTHENTICATE: Command = Command::new("AUTHENTICATE", authenticate)
    .params(1)
    .before_registration()
    .help("<mechanism> | <base64> | *: logs you in to your account with SASL");

fn authenticate(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    if !cx.config().accounts.authentication_enabled || cx.served().door.sts_only {
        refuse(cx, LoginRefused::Disabled);
        return Ok(());
    }
    match cx.served().exchange.clone() {
        Some(exchange) => proceed(cx, exchange, m.param(0)),
        None if m.param(0) == "*" => reply(cx, ERR_SASLABORTED, Phrase::SASL_ABORTED),
        None => begin(cx, m.param(0)),
    }
    Ok(())
}

fn begin(cx: &mut Cx<'_>, mechanism: &str) {
    if is_bound(cx) {
        return reply(cx, ERR_SASLALREADY, Phrase::SASL_ALREADY);
    }
    let Some(mechanism) = Mechanism::parse(mechanism) else {
        let offered = mechanisms(cx.config());
        cx.reply(RPL_SASLMECHS, &[&offered], Text::Said(Phrase::SASL_MECHANISMS, &[]));
        return reply(cx, ERR_SASLFAIL, Phrase::SASL_FAILED);
    };
    set(cx, Some(Box::new(Exchange::new(mechanism))));
    challenge(cx, &[]);
}

/// Whether the user cannot change its account, because it is always-on or has other sessions.
fn is_bound(cx: &Cx<'_>) -> bool {
    cx.served().user().is_some_and(|user| {
        let user = &cx.state().users[user];
        user.account.is_some() && (user.always_on || user.sessions.len() > 1)
    })
}

fn proceed(cx: &mut Cx<'_>, mut exchange: Box<Exchange>, chunk: &str) {
    let mut step = exchange.feed(chunk);
    if let SaslStep::Keys(login) = &step {
        step = match login::attempt_scram(cx, &login.account) {
            Ok(keys) => exchange.answer_keys(&keys, &nonce(cx.ids.secret())),
            Err(refused) => {
                set(cx, None);
                return refuse(cx, refused);
            }
        };
    }
    match step {
        SaslStep::NeedMore => set(cx, Some(exchange)),
        SaslStep::Challenge(bytes) => {
            set(cx, Some(exchange));
            challenge(cx, &bytes);
        }
        SaslStep::Check(claim) => {
            set(cx, None);
            check(cx, claim);
        }
        SaslStep::Failed(reason) => {
            set(cx, None);
            fail(cx, reason);
        }
        SaslStep::Keys(_) => unreachable!("answer_keys returns another step"),
    }
}

fn check(cx: &mut Cx<'_>, claim: SaslClaim) {
    let known = match claim {
        SaslClaim::Password { login, passphrase } => match login::attempt(cx, &login.account, &passphrase) {
            Ok(job) => return cx.ask(job, SaslPassphraseChecked(login)),
            Err(refused) => Err(refused),
        },
        SaslClaim::External(login) => match login::attempt_certificate(cx, &login.account) {
            Ok(Certified::Ask(job)) => return cx.ask(job, CertificateChecked(login)),
            Ok(Certified::Known(key)) => Ok((key, login)),
            Err(refused) => Err(refused),
        },
        SaslClaim::Scram(login) => match login::allowed(cx, &login.account) {
            Ok(permit) => Ok((permit, login)),
            Err(refused) => Err(login::failed(cx, refused)),
        },
    };
    conclude(cx, known);
}

/// Waits for the check of a login by passphrase.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct SaslPassphraseChecked(Login);

impl Resume for SaslPassphraseChecked {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let known = login::verdict(cx, &self.0.account, answer).map(|permit| (permit, self.0));
        conclude(cx, known);
        Ok(())
    }
}

/// Waits for the check of a login by certificate.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct CertificateChecked(Login);

impl Resume for CertificateChecked {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let known = login::certificate_verdict(cx, &self.0.account, answer).map(|permit| (permit, self.0));
        conclude(cx, known);
        Ok(())
    }
}

/// Logs in a client that has proven ownership of an account, or reports the failure.
fn conclude(cx: &mut Cx<'_>, known: Result<(LoginPermit, Login), LoginRefused>) {
    let logged_in = known.and_then(|(permit, login)| login::log_in(cx, permit, login.device.as_deref()));
    match logged_in {
        Ok(()) => reply(cx, RPL_SASLSUCCESS, Phrase::SASL_SUCCESS),
        Err(refused) => refuse(cx, refused),
    }
}

/// Reports why a login failed.
fn refuse(cx: &mut Cx<'_>, refused: LoginRefused) {
    let (phrase, args) = refused.phrase();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    cx.reply(ERR_SASLFAIL, &[], Text::Said(phrase, &args));
    if refused == LoginRefused::Unverified {
        let text = Text::Said(Phrase::ACCOUNT_UNVERIFIED, &[]);
        cx.reply_command("NOTE", &["AUTHENTICATE", "VERIFICATION_REQUIRED", "*"], text);
    }
}

fn fail(cx: &mut Cx<'_>, reason: Reason) {
    match reason {
        Reason::Aborted => reply(cx, ERR_SASLABORTED, Phrase::SASL_ABORTED),
        Reason::ChunkTooLong => reply(cx, ERR_SASLTOOLONG, Phrase::SASL_TOO_LONG),
        Reason::ResponseTooLong => reply(cx, ERR_SASLFAIL, Phrase::SASL_TOO_LONG),
        Reason::Encoding | Reason::Malformed => reply(cx, ERR_SASLFAIL, Phrase::SASL_MALFORMED),
        Reason::OtherIdentity => reply(cx, ERR_SASLFAIL, Phrase::SASL_OTHER_IDENTITY),
        Reason::Proof => {
            let refused = login::failed(cx, LoginRefused::Wrong);
            refuse(cx, refused);
        }
    }
}

fn reply(cx: &mut Cx<'_>, code: Numeric, text: Phrase) {
    cx.reply(code, &[], Text::Said(text, &[]));
}

/// Aborts an exchange that is incomplete when registration completes (sasl-3.1): 906.
pub fn abort(cx: &mut Cx<'_>) {
    if cx.served().exchange.is_some() {
        set(cx, None);
        reply(cx, ERR_SASLABORTED, Phrase::SASL_ABORTED);
    }
}

fn set(cx: &mut Cx<'_>, exchange: Option<Box<Exchange>>) {
    cx.commit(Fact::Authenticating { session: cx.session, exchange });
}

/// Sends a challenge, without a source if `server.compatibility.send-unprefixed-sasl` is set: some clients
/// require that.
fn challenge(cx: &mut Cx<'_>, bytes: &[u8]) {
    let bare = cx.config().server.compatibility.send_unprefixed_sasl;
    for chunk in challenge_chunks(bytes) {
        match bare {
            true => cx.reply_bare("AUTHENTICATE", &[&chunk], Text::None),
            false => cx.reply_command("AUTHENTICATE", &[&chunk], Text::None),
        }
    }
}

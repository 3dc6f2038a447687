//! IDENTIFY: logs in by passphrase or certificate.

use serde::{Deserialize, Serialize};

use crate::engine::account::login::{self, Certified, LoginPermit, LoginRefused};
use crate::engine::border::JobAnswer;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::waiting::Resume;
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;

use super::{NS, is_authentication_enabled};

pub(super) const IDENTIFY: ServiceCommand = ServiceCommand::new("IDENTIFY", identify)
    .aliases(&["LOGIN"])
    .params(0, 2)
    .enabled(is_authentication_enabled)
    .help("[<account>] [<password>]: logs you in to an account")
    .more(&[
        "Without an account name, your nickname is used.",
        "Without a password, your client certificate is used; see HELP CERT.",
    ]);

fn identify(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    if cx.account().is_some() {
        return Err(NS.refuse(Phrase::ALREADY_IDENTIFIED, &[]));
    }
    let has_certfp = cx.served().door.certfp.is_some();
    match params {
        [] => by_certificate(cx, ""),
        [account] if has_certfp && login::find(cx, account).is_some() => by_certificate(cx, account),
        [passphrase] => {
            let nick = cx.nick().to_owned();
            by_passphrase(cx, &nick, passphrase)
        }
        [account, passphrase, ..] => by_passphrase(cx, account, passphrase),
    }
}

fn by_passphrase(cx: &mut Cx<'_>, account: &str, passphrase: &str) -> Outcome {
    let job = login::attempt(cx, account, passphrase).map_err(refusal)?;
    cx.ask(job, IdentifyPassphraseChecked { account: account.to_owned() });
    Ok(())
}

fn by_certificate(cx: &mut Cx<'_>, account: &str) -> Outcome {
    match login::attempt_certificate(cx, account).map_err(refusal)? {
        Certified::Known(permit) => enter(cx, permit),
        Certified::Ask(job) => {
            cx.ask(job, CertificateJudged { account: account.to_owned() });
            Ok(())
        }
    }
}

/// Waits for the comparison of the passphrase.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct IdentifyPassphraseChecked {
    /// The account name as given by the client.
    account: String,
}

impl Resume for IdentifyPassphraseChecked {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let permit = login::verdict(cx, &self.account, answer).map_err(refusal)?;
        enter(cx, permit)
    }
}

/// Waits for the verdict on the certificate.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct CertificateJudged {
    /// The account name as given by the client; empty for the account that the certificate belongs to.
    account: String,
}

impl Resume for CertificateJudged {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let permit = login::certificate_verdict(cx, &self.account, answer).map_err(refusal)?;
        enter(cx, permit)
    }
}

fn enter(cx: &mut Cx<'_>, permit: LoginPermit) -> Outcome {
    login::log_in(cx, permit, None).map_err(refusal)?;
    let name = cx.account().map(|account| account.name.as_str().to_owned()).unwrap_or_default();
    cx.tell(NS, Phrase::LOGGED_IN, &[&name]);
    Ok(())
}

/// Returns NickServ's reply to a failed login.
pub(super) fn refusal(refused: LoginRefused) -> Refusal {
    let (phrase, args) = refused.phrase();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    NS.refuse(phrase, &args)
}

//! CERT: the client certificates that can log in to an account.

use crate::auth::{Certfp, CertfpRefused, Credentials};
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::fact::AccountChange;
use crate::wire::Text;

use super::{NS, find_account, is_authentication_enabled, own_account};

pub(super) const CERT: ServiceCommand = ServiceCommand::new("CERT", cert)
    .params(1, 3)
    .enabled(is_authentication_enabled)
    .help(
        "LIST | ADD [<fingerprint>] | DEL <fingerprint>: manages the certificate fingerprints with which \
         you can log in to your account",
    )
    .more(&[
        "A fingerprint is the SHA-256 hash of a client certificate, in 64 hexadecimal digits.",
        "ADD without a fingerprint uses the certificate of your connection.",
        "Operators can give an account name before the fingerprint.",
    ]);

fn cert(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let own_certfp = cx.served().door.certfp.clone();
    match (params[0].to_ascii_uppercase().as_str(), &params[1..]) {
        ("LIST", []) => list(cx, None),
        ("LIST", [account]) => list(cx, Some(account)),
        ("ADD", []) if own_certfp.is_some() => add(cx, None, &own_certfp.unwrap_or_default()),
        ("ADD", [certfp]) => add(cx, None, certfp),
        ("ADD", [account, certfp]) => add(cx, Some(account), certfp),
        ("DEL", [certfp]) => remove(cx, None, certfp),
        ("DEL", [account, certfp]) => remove(cx, Some(account), certfp),
        _ => Err(NS.bad_parameters(CERT.name)),
    }
}

/// Returns the key and credentials of the account: the user's own, or for operators any.
fn credentials(cx: &Cx<'_>, account: Option<&str>) -> Result<(String, Credentials), Refusal> {
    let own = cx.account();
    let account = match account {
        None => own_account(cx)?,
        Some(name) => {
            let is_own =
                cx.setup.mapping.nick_key(name).is_ok_and(|key| own.is_some_and(|own| own.name.key() == key));
            if !is_own && !cx.user().may("accreg") {
                return Err(NS.refuse(Phrase::SERVICE_NO_PRIVILEGE, &[]));
            }
            find_account(cx, name)?
        }
    };
    Ok((account.name.key().to_owned(), account.credentials.clone()))
}

fn list(cx: &mut Cx<'_>, account: Option<&str>) -> Outcome {
    let (key, credentials) = credentials(cx, account)?;
    cx.tell(NS, Phrase::CERTIFICATES_ARE, &[&key, &credentials.certfps.len().to_string()]);
    for certfp in &credentials.certfps {
        cx.notice(NS, Text::Plain(certfp.as_str()));
    }
    Ok(())
}

fn add(cx: &mut Cx<'_>, account: Option<&str>, raw: &str) -> Outcome {
    let (key, mut credentials) = credentials(cx, account)?;
    if credentials.is_empty() && !cx.user().may("accreg") {
        return Err(NS.refuse(Phrase::PASSWORD_ELSEWHERE, &[]));
    }
    let certfp = Certfp::parse(raw).ok_or_else(|| NS.refuse(Phrase::CERTIFICATE_INVALID, &[]))?;
    if cx.state().account_by_certfp(certfp.as_str()).is_some_and(|owner| owner != key) {
        return Err(NS.refuse(Phrase::CERTIFICATE_TAKEN, &[]));
    }
    credentials.add_certfp(certfp).map_err(|refused| match refused {
        CertfpRefused::Present => NS.refuse(Phrase::CERTIFICATE_PRESENT, &[]),
        CertfpRefused::Full => NS.refuse(Phrase::TOO_MANY_CERTIFICATES, &[]),
    })?;
    commit(cx, &key, credentials, Phrase::CERTIFICATE_ADDED);
    Ok(())
}

fn remove(cx: &mut Cx<'_>, account: Option<&str>, raw: &str) -> Outcome {
    let (key, mut credentials) = credentials(cx, account)?;
    let certfp = Certfp::parse(raw).ok_or_else(|| NS.refuse(Phrase::CERTIFICATE_INVALID, &[]))?;
    if !credentials.remove_certfp(certfp.as_str()) {
        return Err(NS.refuse(Phrase::CERTIFICATE_ABSENT, &[]));
    }
    if credentials.is_empty() {
        return Err(NS.refuse(Phrase::CERTIFICATE_NEEDED, &[]));
    }
    commit(cx, &key, credentials, Phrase::CERTIFICATE_REMOVED);
    Ok(())
}

fn commit(cx: &mut Cx<'_>, account: &str, credentials: Credentials, said: Phrase) {
    let change = AccountChange::Credentials(Box::new(credentials));
    cx.commit(Fact::AccountChanged { account, change });
    cx.tell(NS, said, &[]);
}

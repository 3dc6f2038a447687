//! SETCLOAKSECRET: changes the secret from which cloaks are computed.

use crate::config::LogType;
use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::service::{ServiceCommand, confirmation_code};
use crate::i18n::Phrase;
use crate::state::Fact;

use super::{HS, VHOSTS};

pub(super) const SETCLOAKSECRET: ServiceCommand = ServiceCommand::new("SETCLOAKSECRET", set_secret)
    .params(1, 2)
    .right(VHOSTS)
    .help("<secret> [<code>]: sets the secret from which cloaks are computed")
    .more(&[
        "It should be long and random. All cloaks change, so bans on old cloaks stop matching.",
        "This also requires the rehash privilege. Without a code, it shows the confirmation code.",
    ]);

fn set_secret(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    if !cx.user().may("rehash") {
        return Err(HS.refuse(Phrase::SERVICE_NO_PRIVILEGE, &[]));
    }
    if !cx.config().server.ip_cloaking.secret.is_empty() {
        return Err(HS.refuse(Phrase::CLOAK_SECRET_IN_CONFIG, &[]));
    }
    let secret = params[0];
    // The code covers both the new and the current secret.
    let code = confirmation_code(&format!("{} {secret}", cx.setup.cloak_secret), 0);
    if params.get(1).is_none_or(|given| !given.eq_ignore_ascii_case(&code)) {
        cx.tell(HS, Phrase::CLOAK_SECRET_WARNING, &[]);
        // The reply omits the secret because it may be logged.
        cx.tell(HS, Phrase::SERVICE_CONFIRM, &[HS.name(), &format!("SETCLOAKSECRET <secret> {code}")]);
        return Ok(());
    }
    cx.note(Level::Info, LogType::Opers, format!("{} changed the cloak secret", cx.nick()));
    cx.commit(Fact::CloakSecretSet { secret });
    cx.tell(HS, Phrase::CLOAK_SECRET_SET, &[]);
    Ok(())
}

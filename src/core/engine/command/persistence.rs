//! PERSISTENCE: whether a user stays online without sessions (draft/persistence).

use crate::engine::account::always_on::renew_always_on;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::setup::settings;
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::account::Settings;
use crate::state::fact::AccountChange;
use crate::wire::{Message, Text};

use super::Command;

pub(super) const PERSISTENCE: Command = Command::new("PERSISTENCE", persistence)
    .params(1)
    .help("GET | SET DEFAULT|ON|OFF: shows or sets whether your client is always-on");

fn persistence(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let fail = |code, text| Refusal::Fail { command: "PERSISTENCE", code, context: Vec::new(), text };
    let account = cx.account().ok_or_else(|| fail("ACCOUNT_REQUIRED", Phrase::ACCOUNT_REQUIRED))?;
    let (key, settings) = (account.name.key().to_owned(), account.settings.clone());
    match (m.param(0).to_ascii_uppercase().as_str(), m.param(1).to_ascii_uppercase().as_str()) {
        ("GET", _) => {}
        ("SET", value @ ("DEFAULT" | "ON" | "OFF")) => {
            let always_on = match value {
                "ON" => Some(true),
                "OFF" => Some(false),
                _ => None,
            };
            let change = AccountChange::Settings(Settings { always_on, ..settings });
            cx.commit(Fact::AccountChanged { account: &key, change });
            renew_always_on(cx, &key);
        }
        _ => return Err(fail("INVALID_PARAMS", Phrase::PARAMETERS_INVALID)),
    }
    for session in cx.user().sessions.clone() {
        cx.serve(session, show);
    }
    Ok(())
}

fn show(cx: &mut Cx<'_>) {
    let Some(account) = cx.account() else { return };
    let stored = match account.settings.always_on {
        None => "DEFAULT",
        Some(true) => "ON",
        Some(false) => "OFF",
    };
    let effective = if settings::is_always_on(cx.config(), &account.settings) { "ON" } else { "OFF" };
    cx.reply_command("PERSISTENCE", &["STATUS", stored, effective], Text::None);
}

//! PERSISTENCE: whether the user stays when no session is left (draft/persistence).

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::setup::settings;
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::account::Settings;
use crate::state::fact::AccountChange;
use crate::wire::{Message, Text};

use super::{Command, When};

pub(super) const PERSISTENCE: Command = Command {
    name: "PERSISTENCE",
    params_min: 1,
    when: When::Registered,
    right: None,
    help: "GET | SET DEFAULT|ON|OFF: asks or tells whether you stay when you disconnect",
    run: persistence,
};

fn persistence(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let fail = |code, text| Refusal::Fail { command: "PERSISTENCE", code, context: Vec::new(), text };
    let account = cx.account().ok_or_else(|| fail("ACCOUNT_REQUIRED", Phrase::ACCOUNT_REQUIRED))?;
    let (key, settings) = (account.name.key().to_owned(), account.settings.clone());
    match (m.param(0).to_ascii_uppercase().as_str(), m.param(1).to_ascii_uppercase().as_str()) {
        ("GET", _) => {}
        ("SET", wanted @ ("DEFAULT" | "ON" | "OFF")) => {
            let always_on = match wanted {
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

/// Must follow every change of the settings of an account: its user stays from now on, or not. A user
/// without a session who does not stay any more is gone.
pub fn renew_always_on(cx: &mut Cx<'_>, account: &str) {
    let Some(settings) = cx.state().accounts.get(account).map(|account| account.settings.clone()) else {
        return;
    };
    let on = settings::is_always_on(cx.config(), &settings);
    for user in cx.state().users_of(account).to_vec() {
        // Who stays is known by the account's name.
        let known = cx.state().users[user].nick.key() == account;
        if cx.state().users[user].always_on != (on && known) {
            cx.commit(Fact::AlwaysOnSet { user, on: on && known });
        }
        if !on && cx.state().users[user].sessions.is_empty() {
            cx.commit(Fact::Quit { user, reason: "No longer always-on" });
        }
    }
}

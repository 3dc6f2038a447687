//! GET and SET, and for operators SAGET and SASET: settings of accounts.

use crate::config::Config;
use crate::engine::account::always_on::renew_always_on;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::service::ServiceCommand;
use crate::engine::setup::settings;
use crate::i18n::Phrase;
use crate::state::account::{Enforcement, HistoryChoice, Settings};
use crate::state::fact::AccountChange;
use crate::state::{Account, Fact};

use super::{NS, email, find_account, is_authentication_enabled, is_reservation_enabled, own_account};

pub(super) const GET: ServiceCommand = ServiceCommand::new("GET", |cx, params| {
    let account = own_account(cx)?.clone();
    show(cx, &account, params[0])
})
.params(1, 1)
.logged_in()
.enabled(is_authentication_enabled)
.help("<setting>: shows a setting of your account")
.more(SETTINGS_HELP);

pub(super) const SAGET: ServiceCommand = ServiceCommand::new("SAGET", |cx, params| {
    let account = find_account(cx, params[0])?.clone();
    show(cx, &account, params[1])
})
.params(2, 2)
.right("accreg")
.enabled(is_authentication_enabled)
.help("<account> <setting>: shows a setting of any account")
.more(SETTINGS_HELP);

pub(super) const SET: ServiceCommand = ServiceCommand::new("SET", set_own)
    .params(2, 3)
    .logged_in()
    .enabled(is_authentication_enabled)
    .help("<setting> <value>: changes a setting of your account")
    .more(SETTINGS_HELP);

pub(super) const SASET: ServiceCommand = ServiceCommand::new("SASET", |cx, params| {
    let account = find_account(cx, params[0])?.clone();
    if params[1].eq_ignore_ascii_case("email") {
        return email::set(cx, &account, params[2]);
    }
    set(cx, &account, params[1], params[2])
})
.params(3, 3)
.right("accreg")
.enabled(is_authentication_enabled)
.help("<account> <setting> <value>: changes a setting of any account")
.more(SETTINGS_HELP);

pub(super) const ENFORCE: ServiceCommand = ServiceCommand::new("ENFORCE", |cx, params| {
    let account = own_account(cx)?.clone();
    match params.first() {
        Some(value) => set(cx, &account, "enforce", value),
        None => show(cx, &account, "enforce"),
    }
})
.params(0, 1)
.logged_in()
.enabled(is_reservation_enabled)
.hidden()
.help("[none|strict|default]: shows or changes the setting ENFORCE");

const SETTINGS_HELP: &[&str] = &[
    "ENFORCE            none, strict or default: whether only you can use your nicks",
    "MULTICLIENT        on, off or default: whether several of your clients can share a nick",
    "ALWAYS-ON          true, false or default: whether you stay online when your last client disconnects",
    "AUTO-AWAY          true, false or default: whether you are marked as away while no client is connected",
    "AUTOREPLAY-LINES   a number or default: how many lines are replayed when you join a channel",
    "AUTOREPLAY-MISSED  on or off: whether messages that you missed are replayed when you reconnect",
    "REPLAY-JOINS       always, never or commands-only (HISTORY): when joins and parts are replayed, too",
    "DM-HISTORY         off, ephemeral, on or default: how your direct messages are stored",
    "EMAIL              an address: your email address; SET requires your password after it",
];

/// A setting of an account.
struct Setting {
    name: &'static str,
    /// Returns the stored value.
    stored: fn(&Settings) -> String,
    /// Returns the value that applies under this configuration.
    effective: fn(&Config, &Settings) -> String,
    /// Sets a value, given in lower case. Returns false if the value is invalid.
    set: fn(&mut Settings, &str) -> bool,
}

static SETTINGS: &[Setting] = &[
    Setting {
        name: "always-on",
        stored: |settings| choice(settings.always_on, "true", "false"),
        effective: |config, settings| truth(settings::is_always_on(config, settings)),
        set: |settings, value| set_choice(&mut settings.always_on, value),
    },
    Setting {
        name: "auto-away",
        stored: |settings| choice(settings.auto_away, "true", "false"),
        effective: |config, settings| {
            truth(settings::is_always_on(config, settings) && settings::is_auto_away(config, settings))
        },
        set: |settings, value| set_choice(&mut settings.auto_away, value),
    },
    Setting {
        name: "autoreplay-lines",
        stored: |settings| settings.autoreplay_lines.map_or("default".to_owned(), |lines| lines.to_string()),
        effective: |config, settings| {
            let default = config.history.autoreplay_on_join;
            settings.autoreplay_lines.map_or(default, |lines| lines as usize).to_string()
        },
        set: |settings, value| {
            let lines = value.parse().ok();
            settings.autoreplay_lines = lines;
            lines.is_some() || value == "default"
        },
    },
    Setting {
        name: "autoreplay-missed",
        stored: |settings| choice(settings.autoreplay_missed, "on", "off"),
        effective: |_, settings| choice(Some(settings.autoreplay_missed.unwrap_or(true)), "on", "off"),
        set: |settings, value| set_choice(&mut settings.autoreplay_missed, value),
    },
    Setting {
        name: "dm-history",
        stored: |settings| history(settings.dm_history),
        effective: |config, settings| history(Some(settings::dm_history(config, settings))),
        set: |settings, value| {
            settings.dm_history = match value {
                "on" => Some(HistoryChoice::On),
                "ephemeral" => Some(HistoryChoice::Ephemeral),
                "off" => Some(HistoryChoice::Off),
                _ => None,
            };
            settings.dm_history.is_some() || value == "default"
        },
    },
    Setting {
        name: "enforce",
        stored: |settings| match settings.enforcement {
            None => "default".to_owned(),
            enforcement => enforced(enforcement == Some(Enforcement::Strict)),
        },
        effective: |config, settings| enforced(settings::is_enforced(config, settings)),
        set: |settings, value| {
            settings.enforcement = match value {
                "strict" => Some(Enforcement::Strict),
                "none" => Some(Enforcement::None),
                _ => None,
            };
            settings.enforcement.is_some() || value == "default" || value == "optional"
        },
    },
    Setting {
        name: "multiclient",
        stored: |settings| choice(settings.multiclient, "on", "off"),
        effective: |config, settings| choice(Some(settings::is_multiclient(config, settings)), "on", "off"),
        set: |settings, value| set_choice(&mut settings.multiclient, value),
    },
    Setting {
        name: "replay-joins",
        stored: |settings| choice(settings.replay_joins, "always", "commands-only"),
        effective: |_, settings| match settings.replay_joins {
            None => "never".to_owned(),
            chosen => choice(chosen, "always", "commands-only"),
        },
        set: |settings, value| {
            settings.replay_joins = match value {
                "always" => Some(true),
                "commands-only" => Some(false),
                _ => None,
            };
            settings.replay_joins.is_some() || matches!(value, "default" | "never")
        },
    },
];

fn choice(value: Option<bool>, yes: &str, no: &str) -> String {
    value.map_or("default", |value| if value { yes } else { no }).to_owned()
}

fn truth(value: bool) -> String {
    choice(Some(value), "true", "false")
}

fn enforced(strict: bool) -> String {
    choice(Some(strict), "strict", "none")
}

fn history(value: Option<HistoryChoice>) -> String {
    match value {
        None => "default",
        Some(HistoryChoice::Off) => "off",
        Some(HistoryChoice::Ephemeral) => "ephemeral",
        Some(HistoryChoice::On) => "on",
    }
    .to_owned()
}

fn set_choice(place: &mut Option<bool>, value: &str) -> bool {
    *place = match value {
        "on" | "true" | "yes" | "enabled" | "mandatory" => Some(true),
        "off" | "false" | "no" | "disabled" => Some(false),
        _ => None,
    };
    place.is_some() || value == "default"
}

fn find(name: &str) -> Result<&'static Setting, Refusal> {
    let found = SETTINGS.iter().find(|setting| setting.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| NS.refuse(Phrase::NO_SUCH_SETTING, &[]))
}

fn show(cx: &mut Cx<'_>, account: &Account, name: &str) -> Outcome {
    if name.eq_ignore_ascii_case("email") {
        cx.tell(NS, Phrase::SETTING_IS, &["email", account.email.as_deref().unwrap_or("-")]);
        return Ok(());
    }
    let setting = find(name)?;
    let effective = (setting.effective)(cx.config(), &account.settings);
    cx.tell(NS, Phrase::SETTING_IS, &[setting.name, &(setting.stored)(&account.settings)]);
    cx.tell(NS, Phrase::SETTING_COMES_TO, &[&effective]);
    Ok(())
}

fn set_own(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let account = own_account(cx)?.clone();
    match params[0].to_ascii_lowercase().as_str() {
        "email" => email::start(cx, &account, params[1], params.get(2).copied()),
        "pass" | "password" => Err(NS.refuse(Phrase::USE_PASSWD, &[])),
        // Only one user of an account can be always-on: the one whose nick is the account name.
        "always-on" if cx.user().nick.as_str() != account.name.as_str() => {
            Err(NS.refuse(Phrase::NICK_MUST_BE_ACCOUNT, &[account.name.as_str()]))
        }
        _ => set(cx, &account, params[0], params[1]),
    }
}

fn set(cx: &mut Cx<'_>, account: &Account, name: &str, value: &str) -> Outcome {
    let setting = find(name)?;
    if setting.name == "enforce" && !cx.config().accounts.nick_reservation.allow_custom_enforcement {
        return Err(NS.refuse(Phrase::SETTING_IS_FIXED, &[]));
    }
    let mut settings = account.settings.clone();
    if !(setting.set)(&mut settings, &value.to_ascii_lowercase()) {
        return Err(NS.refuse(Phrase::SETTING_VALUE_INVALID, &[]));
    }
    cx.tell(NS, Phrase::SETTING_CHANGED, &[]);
    let key = account.name.key();
    cx.commit(Fact::AccountChanged { account: key, change: AccountChange::Settings(settings) });
    renew_always_on(cx, key);
    match cx.state().accounts.get(key).map(|account| (**account).clone()) {
        Some(account) => show(cx, &account, name),
        None => Ok(()),
    }
}

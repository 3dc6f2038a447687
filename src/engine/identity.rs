//! What an account's settings and the configuration together say about its user.

use crate::config::{Config, NickEnforcement, PersistentStatus};
use crate::state::account::{Enforcement, HistoryChoice, Settings};

/// A choice that the server may take out of the user's hands.
fn chosen(policy: PersistentStatus, choice: Option<bool>) -> bool {
    match policy {
        PersistentStatus::Disabled => false,
        PersistentStatus::OptIn => choice.unwrap_or(false),
        PersistentStatus::OptOut => choice.unwrap_or(true),
        PersistentStatus::Mandatory => true,
    }
}

/// Whether the account's user stays when no session is left.
pub fn is_always_on(config: &Config, settings: &Settings) -> bool {
    let multiclient = &config.accounts.multiclient;
    multiclient.enabled && chosen(multiclient.always_on, settings.always_on)
}

/// Whether the account's user is away while no session is left.
pub fn is_auto_away(config: &Config, settings: &Settings) -> bool {
    chosen(config.accounts.multiclient.auto_away, settings.auto_away)
}

/// Whether a further session may join the account's user.
pub fn is_multiclient(config: &Config, settings: &Settings) -> bool {
    let multiclient = &config.accounts.multiclient;
    multiclient.enabled
        && (uses_account_name(config, settings)
            || settings.multiclient.unwrap_or(multiclient.allowed_by_default))
}

/// Whether the nick of the account's user is the account's name.
pub fn uses_account_name(config: &Config, settings: &Settings) -> bool {
    is_always_on(config, settings) || config.accounts.nick_reservation.force_nick_equals_account
}

/// Whether others are kept from the account's nicks.
pub fn is_enforced(config: &Config, settings: &Settings) -> bool {
    let reservation = &config.accounts.nick_reservation;
    if !reservation.enabled {
        return false;
    }
    match settings.enforcement.filter(|_| reservation.allow_custom_enforcement) {
        Some(enforcement) => enforcement == Enforcement::Strict,
        None => reservation.method == NickEnforcement::Strict,
    }
}

/// How the account's direct messages are kept.
pub fn dm_history(config: &Config, settings: &Settings) -> HistoryChoice {
    let history = &config.history;
    if !history.enabled {
        return HistoryChoice::Off;
    }
    let persistent = history.persistent.enabled;
    match (history.persistent.direct_messages, settings.dm_history) {
        (PersistentStatus::Mandatory, _) if persistent => HistoryChoice::On,
        (PersistentStatus::OptOut, None) if persistent => HistoryChoice::On,
        (PersistentStatus::OptIn | PersistentStatus::OptOut, Some(HistoryChoice::On)) if persistent => {
            HistoryChoice::On
        }
        (_, Some(HistoryChoice::Off)) => HistoryChoice::Off,
        _ => HistoryChoice::Ephemeral,
    }
}

//! The settings that apply to an account or a channel, from its own choices and the configuration.

use crate::config::{Config, NickEnforcement, PersistentStatus};
use crate::state::Channel;
use crate::state::account::{Enforcement, HistoryChoice, Settings};

/// Returns a user's choice, unless the configuration overrides it.
fn chosen(policy: PersistentStatus, choice: Option<bool>) -> bool {
    match policy {
        PersistentStatus::Disabled => false,
        PersistentStatus::OptIn => choice.unwrap_or(false),
        PersistentStatus::OptOut => choice.unwrap_or(true),
        PersistentStatus::Mandatory => true,
    }
}

/// Returns whether the account's user stays online when no session is left.
pub fn is_always_on(config: &Config, settings: &Settings) -> bool {
    let multiclient = &config.accounts.multiclient;
    multiclient.enabled && chosen(multiclient.always_on, settings.always_on)
}

/// Returns whether the account's user is away while there is no session.
pub fn is_auto_away(config: &Config, settings: &Settings) -> bool {
    chosen(config.accounts.multiclient.auto_away, settings.auto_away)
}

/// Returns whether a further session may attach to the account's user.
pub fn is_multiclient(config: &Config, settings: &Settings) -> bool {
    let multiclient = &config.accounts.multiclient;
    multiclient.enabled
        && (uses_account_name(config, settings)
            || settings.multiclient.unwrap_or(multiclient.allowed_by_default))
}

/// Returns whether the account's user must use the name of the account as nick.
pub fn uses_account_name(config: &Config, settings: &Settings) -> bool {
    is_always_on(config, settings) || config.accounts.nick_reservation.force_nick_equals_account
}

/// Returns whether nick and account are the same for every user with an account, and reserved for them.
pub fn are_nicks_accounts(config: &Config) -> bool {
    let reservation = &config.accounts.nick_reservation;
    reservation.enabled
        && reservation.method == NickEnforcement::Strict
        && !reservation.allow_custom_enforcement
        && reservation.force_nick_equals_account
}

/// Returns whether others are prevented from using the account's nicks.
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

/// Returns how the account's direct messages are stored.
pub fn dm_history(config: &Config, settings: &Settings) -> HistoryChoice {
    stored(config, config.history.persistent.direct_messages, settings.dm_history)
}

/// Returns how the direct messages of users without an account are stored: not permanently, because such a
/// user cannot be distinguished from a later holder of the nick.
pub fn guest_history(config: &Config) -> HistoryChoice {
    stored(config, PersistentStatus::Disabled, None)
}

/// Returns how the messages in a channel are stored.
pub fn channel_history(config: &Config, channel: &Channel) -> HistoryChoice {
    let persistent = &config.history.persistent;
    match &channel.registration {
        Some(registration) => stored(config, persistent.registered_channels, registration.settings.history),
        None if persistent.unregistered_channels => stored(config, PersistentStatus::Mandatory, None),
        None => stored(config, PersistentStatus::Disabled, None),
    }
}

/// Returns a founder's or user's choice, as far as the configuration allows it.
fn stored(config: &Config, policy: PersistentStatus, choice: Option<HistoryChoice>) -> HistoryChoice {
    let history = &config.history;
    if !history.enabled {
        return HistoryChoice::Off;
    }
    match (policy, choice) {
        (PersistentStatus::Mandatory, _)
        | (PersistentStatus::OptOut, None)
        | (PersistentStatus::OptIn | PersistentStatus::OptOut, Some(HistoryChoice::On))
            if history.persistent.enabled =>
        {
            HistoryChoice::On
        }
        (_, Some(HistoryChoice::Off)) => HistoryChoice::Off,
        _ => HistoryChoice::Ephemeral,
    }
}

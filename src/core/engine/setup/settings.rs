//! What the configuration and the settings of an account, or of a channel, say together.

use crate::config::{Config, NickEnforcement, PersistentStatus};
use crate::state::Channel;
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

/// Returns whether nick and account are the same for every user with an account, and reserved for them.
pub fn are_nicks_accounts(config: &Config) -> bool {
    let reservation = &config.accounts.nick_reservation;
    reservation.enabled
        && reservation.method == NickEnforcement::Strict
        && !reservation.allow_custom_enforcement
        && reservation.force_nick_equals_account
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
    kept(config, config.history.persistent.direct_messages, settings.dm_history)
}

/// How the direct messages of users without an account are stored: such a user cannot be told apart from
/// a later holder of the nick.
pub fn guest_history(config: &Config) -> HistoryChoice {
    kept(config, PersistentStatus::Disabled, None)
}

/// How what is said in a channel is kept.
pub fn channel_history(config: &Config, channel: &Channel) -> HistoryChoice {
    let persistent = &config.history.persistent;
    match &channel.registration {
        Some(registration) => kept(config, persistent.registered_channels, registration.settings.history),
        None if persistent.unregistered_channels => kept(config, PersistentStatus::Mandatory, None),
        None => kept(config, PersistentStatus::Disabled, None),
    }
}

/// A founder's or user's choice within the server's.
fn kept(config: &Config, policy: PersistentStatus, choice: Option<HistoryChoice>) -> HistoryChoice {
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

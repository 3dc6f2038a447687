//! Values that follow from other keys, and the meaning of zero.

use std::time::Duration;

use indexmap::IndexMap;

use super::super::yaml::value::PersistentStatus;
use super::super::{
    Accounts, Config, CustomLimit, Extjwt, Fakelag, History, IpLimits, Persistent, Server, Throttle,
};

/// Replaces zeros that make no sense with defaults, and sets values that follow from other keys.
pub(super) fn complete(config: &mut Config) {
    let standard = Config::default();
    server(&mut config.server, &standard.server);
    accounts(&mut config.accounts, &config.server, &standard.accounts);
    // Tor connections usually come from this machine, which `require-sasl` may exempt.
    config.server.tor_listeners.require_sasl |= config.accounts.require_sasl.enabled;
    fakelag(&mut config.fakelag, &standard.fakelag);
    history(&mut config.history, standard.history);
    tokens(&mut config.extjwt, &standard.extjwt);
    rekey(&mut config.authtoken.services, str::to_ascii_uppercase);
    let Config { channels, limits, metadata, webpush, .. } = config;
    unless_zero(&mut limits.identlen, standard.limits.identlen);
    unless_zero(&mut limits.registration_messages, standard.limits.registration_messages);
    unless_zero(&mut limits.chan_list_modes, standard.limits.chan_list_modes);
    unless_zero(&mut channels.max_channels_per_client, standard.channels.max_channels_per_client);
    let registered = &mut channels.registration.max_channels_per_account;
    unless_zero(registered, standard.channels.registration.max_channels_per_account);
    unless_zero(&mut metadata.max_subs, standard.metadata.max_subs);
    unless_zero(&mut metadata.max_keys, standard.metadata.max_keys);
    throttle(&mut metadata.client_throttle, 10, Duration::from_secs(120));
    unless_zero::<Duration>(&mut webpush.timeout, standard.webpush.timeout);
    unless_zero(&mut webpush.max_subscriptions, standard.webpush.max_subscriptions);
    unless_zero(&mut webpush.expiration, standard.webpush.expiration);
}

fn unless_zero<T: Default + PartialEq>(value: &mut T, otherwise: T) {
    if *value == T::default() {
        *value = otherwise;
    }
}

fn server(server: &mut Server, standard: &Server) {
    unless_zero(&mut server.idle_timeouts.registration, standard.idle_timeouts.registration);
    unless_zero(&mut server.idle_timeouts.ping, standard.idle_timeouts.ping);
    unless_zero(&mut server.idle_timeouts.disconnect, standard.idle_timeouts.disconnect);
    unless_zero(&mut server.oper_throttle, standard.oper_throttle);
    unless_zero(&mut server.tor_listeners.throttle_duration, standard.tor_listeners.throttle_duration);
    // With a timeout of zero, no script could ever answer.
    unless_zero(&mut server.ip_check_script.timeout, standard.ip_check_script.timeout);
    ip_limits(&mut server.ip_limits, &standard.ip_limits);
    server.max_line_len = server.max_line_len.max(standard.max_line_len);
    server.command_aliases = std::mem::take(&mut server.command_aliases)
        .into_iter()
        .map(|(alias, command)| (alias.to_ascii_uppercase(), command.to_ascii_uppercase()))
        .collect();
}

fn ip_limits(limits: &mut IpLimits, standard: &IpLimits) {
    unless_zero(&mut limits.max_concurrent_connections, standard.max_concurrent_connections);
    unless_zero(&mut limits.window, standard.window);
    unless_zero(&mut limits.max_connections_per_window, standard.max_connections_per_window);
    for CustomLimit { max_concurrent_connections, max_connections_per_window, .. } in
        limits.custom_limits.values_mut()
    {
        unless_zero(max_concurrent_connections, limits.max_concurrent_connections);
        unless_zero(max_connections_per_window, limits.max_connections_per_window);
    }
}

fn accounts(accounts: &mut Accounts, server: &Server, standard: &Accounts) {
    unless_zero(&mut accounts.auth_script.timeout, standard.auth_script.timeout);
    unless_zero(&mut accounts.oauth2.introspection_timeout, standard.oauth2.introspection_timeout);
    unless_zero(&mut accounts.vhosts.max_length, standard.vhosts.max_length);
    unless_zero(&mut accounts.registration.bcrypt_cost, standard.registration.bcrypt_cost);
    throttle(&mut accounts.registration.throttling, 30, Duration::from_secs(600));
    throttle(&mut accounts.login_throttling, 3, Duration::from_secs(60));
    // Registering an account must not bypass the server's password.
    accounts.registration.allow_before_connect &= server.password.is_none();
    accounts.nick_reservation.force_nick_equals_account &= accounts.nick_reservation.enabled;
    if accounts.nick_reservation.guest_nickname_format.is_empty() {
        let format = &standard.nick_reservation.guest_nickname_format;
        accounts.nick_reservation.guest_nickname_format.clone_from(format);
    }
    if accounts.registration.email_verification.helo_domain.is_empty() {
        accounts.registration.email_verification.helo_domain.clone_from(&server.name);
    }
    match (accounts.multiclient.enabled, accounts.multiclient.always_on) {
        (false, _) => accounts.multiclient.always_on = PersistentStatus::Disabled,
        (true, PersistentStatus::OptOut | PersistentStatus::Mandatory) => {
            accounts.multiclient.allowed_by_default = true;
        }
        (true, _) => {}
    }
}

/// Gives an enabled throttle a limit.
fn throttle(throttle: &mut Throttle, max_attempts: usize, duration: Duration) {
    if throttle.enabled {
        unless_zero(&mut throttle.max_attempts, max_attempts);
        unless_zero(&mut throttle.duration, duration);
    }
}

fn fakelag(fakelag: &mut Fakelag, standard: &Fakelag) {
    unless_zero(&mut fakelag.window, standard.window);
    unless_zero(&mut fakelag.burst_limit, standard.burst_limit);
    unless_zero(&mut fakelag.messages_per_window, standard.messages_per_window);
    unless_zero(&mut fakelag.cooldown, standard.cooldown);
    rekey(&mut fakelag.command_budgets, str::to_ascii_uppercase);
}

fn history(history: &mut History, standard: History) {
    unless_zero(&mut history.znc_maxmessages, history.chathistory_maxmessages);
    unless_zero(&mut history.persistent.spool_max_size, standard.persistent.spool_max_size);
    if !history.enabled || history.chathistory_maxmessages == 0 {
        (history.channel_length, history.client_length) = (0, 0);
    }
    if !history.enabled || !history.persistent.enabled {
        history.persistent = Persistent {
            // The settings of the spool apply even while nothing is stored.
            sync_interval: history.persistent.sync_interval,
            spool_path: history.persistent.spool_path.take(),
            spool_max_size: history.persistent.spool_max_size,
            ..standard.persistent
        };
    }
}

fn tokens(extjwt: &mut Extjwt, standard: &Extjwt) {
    unless_zero(&mut extjwt.expiration, standard.expiration);
    for service in extjwt.services.values_mut() {
        unless_zero(&mut service.expiration, standard.expiration);
    }
    rekey(&mut extjwt.services, str::to_ascii_lowercase);
}

fn rekey<T>(map: &mut IndexMap<String, T>, change: impl Fn(&str) -> String) {
    *map = std::mem::take(map).into_iter().map(|(key, value)| (change(&key), value)).collect();
}

//! Rules that hold between keys, and what follows from one key for another.
//!
//! A single value's own rules are its reader's; here is what no value can know alone.

mod accounts;
mod names;
mod server;
mod storage;

use std::time::Duration;

use indexmap::IndexMap;

use super::yaml::section::{Problems, origin};
use super::yaml::tree::Node;
use super::yaml::value::PersistentStatus;
use super::{Config, Persistent, Problem, Severity};

/// Notes every rule that is broken, and completes the configuration with what follows from it.
pub(super) fn enforce(config: &mut Config, root: &Node, problems: &mut Problems) {
    let mut rules = Rules { root, problems };
    complete(config);
    server::required(config, &mut rules);
    server::listeners(config, &mut rules);
    server::connections(config, &mut rules);
    server::hosts(config, &mut rules);
    accounts::logins(config, &mut rules);
    accounts::mail(config, &mut rules);
    accounts::tokens(config, &mut rules);
    accounts::opers(config, &mut rules);
    accounts::modes(config, &mut rules);
    accounts::roleplay(config, &mut rules);
    storage::history(config, &mut rules);
    storage::logging(config, &mut rules);
    storage::extras(config, &mut rules);
}

/// The document, to say where a rule is broken.
struct Rules<'a> {
    root: &'a Node,
    problems: &'a mut Problems,
}

impl Rules<'_> {
    /// Notes an error at a key, with what stands there.
    fn wrong(&mut self, keys: &[&str], expected: impl Into<String>) {
        let found = self.root.find(keys).map_or_else(|| "nothing".to_owned(), Node::shown);
        self.note(keys, expected, found, Severity::Error);
    }

    /// Notes an error at a key, with a description of what is amiss.
    fn broken(&mut self, keys: &[&str], expected: impl Into<String>, found: impl Into<String>) {
        self.note(keys, expected, found, Severity::Error);
    }

    /// Notes a warning at a key.
    fn doubtful(&mut self, keys: &[&str], expected: impl Into<String>, found: impl Into<String>) {
        self.note(keys, expected, found, Severity::Warning);
    }

    /// The line is that of the key, or of the innermost section around it; the first for a section that is missing.
    fn note(
        &mut self,
        keys: &[&str],
        expected: impl Into<String>,
        found: impl Into<String>,
        severity: Severity,
    ) {
        let nearest = (1..=keys.len()).rev().find_map(|depth| self.root.find(&keys[..depth]));
        self.problems.add(Problem {
            line: nearest.unwrap_or(self.root).line,
            path: keys.join("."),
            found: found.into(),
            expected: expected.into(),
            hint: nearest.and_then(origin),
            severity,
        });
    }

    /// Whether a key was noted before, by its reader.
    fn is_noted(&self, keys: &[&str]) -> bool {
        self.problems.has_error_at(&keys.join("."))
    }
}

/// What a key means when it is zero, or follows from another.
fn complete(config: &mut Config) {
    fn unless_zero<T: Default + PartialEq>(value: &mut T, otherwise: T) {
        if *value == T::default() {
            *value = otherwise;
        }
    }
    let standard = Config::default();
    let Config { server, accounts, channels, limits, history, metadata, webpush, .. } = config;
    unless_zero(&mut server.idle_timeouts.registration, standard.server.idle_timeouts.registration);
    unless_zero(&mut server.idle_timeouts.ping, standard.server.idle_timeouts.ping);
    unless_zero(&mut server.idle_timeouts.disconnect, standard.server.idle_timeouts.disconnect);
    unless_zero(&mut server.oper_throttle, standard.server.oper_throttle);
    // A script without time never has an answer.
    unless_zero(&mut server.ip_check_script.timeout, standard.server.ip_check_script.timeout);
    unless_zero(&mut accounts.auth_script.timeout, standard.accounts.auth_script.timeout);
    server.max_line_len = server.max_line_len.max(standard.server.max_line_len);
    server.command_aliases = std::mem::take(&mut server.command_aliases)
        .into_iter()
        .map(|(alias, command)| (alias.to_ascii_uppercase(), command.to_ascii_uppercase()))
        .collect();
    unless_zero(&mut limits.identlen, standard.limits.identlen);
    unless_zero(&mut limits.registration_messages, standard.limits.registration_messages);
    unless_zero(&mut channels.max_channels_per_client, standard.channels.max_channels_per_client);
    let registered = &mut channels.registration.max_channels_per_account;
    unless_zero(registered, standard.channels.registration.max_channels_per_account);

    unless_zero(&mut accounts.registration.bcrypt_cost, standard.accounts.registration.bcrypt_cost);
    // Whoever does not know the server's password must not get in by making an account.
    accounts.registration.allow_before_connect &= server.password.is_none();
    server.tor_listeners.require_sasl |= accounts.require_sasl.enabled;
    accounts.nick_reservation.force_nick_equals_account &= accounts.nick_reservation.enabled;
    if accounts.nick_reservation.guest_nickname_format.is_empty() {
        accounts.nick_reservation.guest_nickname_format =
            standard.accounts.nick_reservation.guest_nickname_format;
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

    unless_zero(&mut history.znc_maxmessages, history.chathistory_maxmessages);
    if !history.enabled || history.chathistory_maxmessages == 0 {
        (history.channel_length, history.client_length) = (0, 0);
    }
    if !history.enabled || !history.persistent.enabled {
        history.persistent = Persistent {
            // What concerns the spool holds as soon as there is one.
            sync_interval: history.persistent.sync_interval,
            spool_path: history.persistent.spool_path.take(),
            spool_max_size: history.persistent.spool_max_size,
            ..standard.history.persistent
        };
    }
    unless_zero(&mut metadata.max_subs, standard.metadata.max_subs);
    unless_zero(&mut metadata.max_keys, standard.metadata.max_keys);
    unless_zero::<Duration>(&mut webpush.timeout, standard.webpush.timeout);
    unless_zero(&mut webpush.max_subscriptions, standard.webpush.max_subscriptions);
    unless_zero(&mut webpush.expiration, standard.webpush.expiration);
    rekey(&mut config.extjwt.services, str::to_ascii_lowercase);
    rekey(&mut config.authtoken.services, str::to_ascii_uppercase);
    rekey(&mut config.fakelag.command_budgets, str::to_ascii_uppercase);
}

fn rekey<T>(map: &mut IndexMap<String, T>, change: impl Fn(&str) -> String) {
    *map = std::mem::take(map).into_iter().map(|(key, value)| (change(&key), value)).collect();
}

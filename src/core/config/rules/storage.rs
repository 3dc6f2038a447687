//! Rules for storage, logs and interfaces to other programs.

use std::time::Duration;

use super::super::yaml::value::{LogMethod, PersistentStatus, Word};
use super::super::{Config, KeyPair, LogType};
use super::Rules;
use super::names::is_listen_address;

/// The maximum length of a nickname or channel name in a history database, in bytes.
const STORED_NAME_BYTES_MAX: usize = 64;
/// The minimum length of a token for the API, in bytes.
const TOKEN_BYTES_MIN: usize = 16;
/// The minimum time after which an unused push subscription is removed.
const PUSH_EXPIRATION_MIN: Duration = Duration::from_secs(3 * 86_400);

/// Checks history and its databases.
pub(super) fn history(config: &Config, rules: &mut Rules<'_>) {
    let datastore = &config.datastore;
    let backends = [
        ("mysql", datastore.mysql.enabled),
        ("postgresql", datastore.postgresql.enabled),
        ("sqlite", datastore.sqlite.enabled),
    ];
    let enabled: Vec<&str> = backends.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    if let [first, second, ..] = enabled.as_slice() {
        let expected = "at most one history database";
        rules.broken(&["datastore", second, "enabled"], expected, format!("`{first}` as well"));
    }
    if config.history.persistent.enabled && enabled.is_empty() {
        let expected = "`enabled: true` in `datastore.mysql`, `.postgresql` or `.sqlite` as well";
        rules.broken(&["history", "persistent", "enabled"], expected, "no database");
    }
    let lengths = [("nicklen", config.limits.nicklen), ("channellen", config.limits.channellen)];
    for (key, _) in lengths.iter().filter(|(_, length)| *length > STORED_NAME_BYTES_MAX) {
        if !enabled.is_empty() {
            let expected = format!("at most {STORED_NAME_BYTES_MAX}, with a history database");
            rules.wrong(&["limits", key], expected);
        }
    }
    if datastore.sqlite.enabled && datastore.sqlite.database_path.is_empty() {
        rules.wrong(&["datastore", "sqlite", "database-path"], "the name of a file");
    }
}

/// Checks every log.
pub(super) fn logging(config: &Config, rules: &mut Rules<'_>) {
    for (index, log) in config.logging.iter().enumerate() {
        let index = index.to_string();
        let key = |key| ["logging", &index, key];
        if log.method.contains(&LogMethod::File) && log.filename.is_none() {
            rules.wrong(&key("filename"), "a file, for the method `file`");
        }
        if log.method.is_empty() && !rules.is_noted(&key("method")) {
            rules.doubtful(&key("method"), LogMethod::EXPECTED, "nothing");
        }
        let is_known = |kind: &str| {
            let kind = kind.strip_prefix('-').unwrap_or(kind);
            kind == "*" || LogType::parse(kind).is_some()
        };
        for kind in log.r#type.split_ascii_whitespace().filter(|kind| *kind != "-" && !is_known(kind)) {
            let names: Vec<&str> = LogType::ALL.iter().map(|kind| kind.name()).collect();
            let expected = format!("`*` or one of {}", names.join(", "));
            rules.doubtful(&key("type"), expected, format!("{kind:?}"));
        }
        let mut kinds = log.r#type.split_ascii_whitespace();
        if kinds.clone().any(|kind| kind == "-") || kinds.all(|kind| kind.starts_with('-')) {
            rules.wrong(&key("type"), "`*` or types to log, and types to exclude with a leading `-`");
        }
    }
}

/// Checks the interfaces to other programs.
pub(super) fn extras(config: &Config, rules: &mut Rules<'_>) {
    let webpush = &config.webpush;
    if webpush.enabled && config.accounts.multiclient.always_on == PersistentStatus::Disabled {
        let expected = "`accounts.multiclient.always-on` other than `disabled`";
        rules.broken(&["webpush", "enabled"], expected, "always-on disabled");
    }
    if webpush.enabled && webpush.expiration < PUSH_EXPIRATION_MIN {
        rules.wrong(&["webpush", "expiration"], "3d or more");
    }
    let api = &config.api;
    if api.enabled && !is_listen_address(&api.listener) {
        rules.wrong(&["api", "listener"], "an address such as 127.0.0.1:8089");
    }
    let shared = config.server.listeners.get(&api.listener);
    if api.enabled && shared.is_some_and(|listener| !listener.http) {
        let expected = "an address of its own, or `http: true` for this listener in `server.listeners`";
        rules.wrong(&["api", "listener"], expected);
    }
    if api.enabled && api.bearer_tokens.iter().any(|token| token.len() < TOKEN_BYTES_MIN) {
        let expected = format!("tokens of at least {TOKEN_BYTES_MIN} characters; `ircd gentoken` makes one");
        rules.doubtful(&["api", "bearer-tokens"], expected, "a token that can be guessed");
    }
    if api.tls.as_ref().is_some_and(|KeyPair { cert, key }| !cert.is_empty() && key.is_empty()) {
        rules.wrong(&["api", "tls", "key"], "the name of a PEM file");
    }
}

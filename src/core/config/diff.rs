//! Finds changes of the configuration that require a restart.

use std::time::Duration;

use super::{Config, Mysql, Sqlite};

/// Compares the configuration of a running server with a new one.
///
/// # Errors
///
/// Returns the keys that differ and cannot change without a restart.
pub fn diff(old: &Config, new: &Config) -> Result<(), Vec<&'static str>> {
    macro_rules! fixed {
        ($( $key:literal => $($field:ident).+ ),* $(,)?) => {
            [ $( ($key, old.$($field).+ != new.$($field).+) ),* ]
        };
    }
    let databases =
        [("datastore.mysql", mysql(old) != mysql(new)), ("datastore.sqlite", sqlite(old) != sqlite(new))];
    let changed: Vec<&'static str> = fixed![
        "server.name" => server.name,
        "server.casemapping" => server.casemapping,
        "server.enforce-utf8" => server.enforce_utf8,
        "server.idle-timeouts" => server.idle_timeouts,
        "server.relaymsg.enabled" => server.relaymsg.enabled,
        "server.relaymsg.separators" => server.relaymsg.separators,
        "server.ip-check-script.max-concurrency" => server.ip_check_script.max_concurrency,
        "server.override-services-hostname" => server.override_services_hostname,
        "server.max-line-len" => server.max_line_len,
        "server.io-threads" => server.io_threads,
        "server.max-clients" => server.max_clients,
        "accounts.multiclient.always-on" => accounts.multiclient.always_on,
        "accounts.auth-script.max-concurrency" => accounts.auth_script.max_concurrency,
        "datastore.path" => datastore.path,
        "lock-file" => lock_file,
        "history.persistent.spool-path" => history.persistent.spool_path,
    ]
    .into_iter()
    .chain(databases)
    .filter_map(|(key, differs)| differs.then_some(key))
    .collect();
    if changed.is_empty() { Ok(()) } else { Err(changed) }
}

/// Returns the database in use, without the settings that a rehash can change.
fn mysql(config: &Config) -> Option<Mysql> {
    let mysql = &config.datastore.mysql;
    mysql.enabled.then(|| Mysql { timeout: Duration::ZERO, ..mysql.clone() })
}

fn sqlite(config: &Config) -> Option<Sqlite> {
    config.datastore.sqlite.enabled.then(|| config.datastore.sqlite.clone())
}

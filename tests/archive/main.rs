//! History databases: one suite that runs on all of them, and the pipeline around them.

mod backends;
mod contract;
mod disk;
mod memory;
mod mysql;
mod pipeline;

use ircd::config::Config;

/// Runs an asynchronous test.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// Returns a configuration with a database file in this directory.
fn sqlite_config(directory: &std::path::Path) -> Config {
    let mut config = Config::default();
    config.datastore.path = directory.join("ircd.db").to_str().unwrap().to_owned();
    config.datastore.sqlite.enabled = true;
    config.datastore.sqlite.database_path = directory.join("history.db").to_str().unwrap().to_owned();
    config.history.enabled = true;
    config.history.persistent.enabled = true;
    config
}

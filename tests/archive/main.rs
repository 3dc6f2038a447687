//! What holds for every database of history: one suite, run on all of them, and the way there and back.

mod backends;
mod contract;
mod memory;
mod mysql;
mod pipeline;

use ircd::config::Config;

/// Runs a test that waits.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// A configuration with a file in this directory.
fn sqlite_config(directory: &std::path::Path) -> Config {
    let mut config = Config::default();
    config.datastore.path = directory.join("ircd.db").to_str().unwrap().to_owned();
    config.datastore.sqlite.enabled = true;
    config.datastore.sqlite.database_path = directory.join("history.db").to_str().unwrap().to_owned();
    config.history.enabled = true;
    config.history.persistent.enabled = true;
    config
}

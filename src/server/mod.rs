//! The running server: listeners, IO shards, the engine's turns and jobs put together; signals, reload
//! and an orderly stop.
//!
//! It decides nothing about IRC. Everything it needs from outside (configuration, secrets, how to read
//! the configuration again) is handed to it. Invariant: [`run`] returns only after every client was
//! told, or the time for that is over, and the datastore is closed.

mod clock;
mod commit;
mod control;
mod core;
mod log;
pub mod logging;
mod service_manager;
mod threads;
mod turn;

use std::fmt;
use std::sync::Arc;

pub use self::control::Control;
pub use self::core::Core;
use crate::archive::{Database, Opened};
use crate::config::Config;
use crate::engine::{Engine, Now, Seed, Texts};
pub use crate::net::Bound;
use crate::store::{Store, Writer};

/// Reads the configuration and its texts again; the error is one line for the log.
pub type Reload = Arc<dyn Fn() -> Result<(Config, Texts), String> + Send + Sync>;

/// What a server is started with.
pub struct RunOptions {
    /// The configuration to begin with.
    pub config: Config,
    /// What the engine needs from outside.
    pub seed: Seed,
    /// What it stores is written there; the records in it are in the seed.
    pub store: Store,
    /// Where history is stored for good, if anywhere.
    pub archive: Option<Opened<Database>>,
    /// Called on SIGHUP and by [`Control::reload`].
    pub reload: Reload,
    /// Called once when every listener is open.
    pub on_ready: Box<dyn FnOnce(Running) + Send>,
}

impl fmt::Debug for RunOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The seed holds secrets.
        f.debug_struct("RunOptions").finish_non_exhaustive()
    }
}

/// A server that has begun to accept.
#[derive(Debug)]
pub struct Running {
    /// The open listeners.
    pub bound: Vec<Bound>,
    /// For stopping and reloading it.
    pub control: Control,
}

/// Why a server could not start or had to stop: one line that names the thing and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunError(String);

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RunError {}

/// Runs a server on this thread until a signal or [`Control::stop`] ends it.
///
/// # Errors
/// When a listener or a thread cannot be had; nobody was served then. When the datastore failed;
/// nobody was told of anything that it lost.
pub fn run(options: RunOptions) -> Result<(), RunError> {
    let RunOptions { config, seed, store, archive, reload, on_ready } = options;
    let engine_config = Box::new(config.clone());
    let writer = store.into_writer().map_err(|error| RunError(error.to_string()))?;
    let engine = |now| {
        let engine = Engine::new(engine_config, seed, now);
        if let [first, rest @ ..] = engine.bad_records() {
            let more = rest.len();
            tracing::error!(target: "datastore", "cannot be read and is left as it is: {first} (and {more} more)");
        }
        engine
    };
    run_core(config, engine, writer, archive, reload, on_ready)
}

/// Like [`run`], with any [`Core`] in the engine's place and any disk behind the writer.
///
/// # Errors
/// As [`run`].
pub fn run_core<C: Core>(
    config: Config,
    core: impl FnOnce(Now) -> C,
    writer: Writer,
    archive: Option<Opened<Database>>,
    reload: Reload,
    on_ready: Box<dyn FnOnce(Running) + Send>,
) -> Result<(), RunError> {
    threads::run(config, core, writer, archive, reload, on_ready).map_err(RunError)
}

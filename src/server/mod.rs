//! The running server: combines listeners, I/O shards, turns of the engine and jobs; handles signals, rehash
//! and clean shutdown.
//!
//! It decides nothing about IRC. The caller supplies everything from outside (configuration, secrets, a
//! function that rereads the configuration). Invariant: [`run`] returns only after every client has been
//! notified, or the time for that is over, and the datastore is closed.

mod clock;
mod commit;
mod control;
mod core;
mod log;
pub mod logging;
mod recorder;
mod systemd;
mod threads;
mod turn;

use std::fmt;
use std::sync::Arc;

pub use self::control::ServerControl;
pub use self::core::Core;
use self::recorder::Recorder;
use crate::archive::{Database, Opened};
use crate::config::{Config, LogType};
use crate::engine::{Engine, Now, Seed, Texts};
pub use crate::net::Bound;
use crate::recording;
use crate::store::{Store, StoreWriter};

/// Rereads the configuration and its texts; the error is one line for the log.
pub type Reload = Arc<dyn Fn() -> Result<(Config, Texts), String> + Send + Sync>;

/// The parameters of a server.
pub struct RunOptions {
    /// The initial configuration.
    pub config: Config,
    /// Input for the engine from outside.
    pub seed: Seed,
    /// The datastore for its writes; its records are in the seed.
    pub store: Store,
    /// The archive, if history is stored.
    pub archive: Option<Opened<Database>>,
    /// The recording of all events, if there is one.
    pub recording: Option<recording::RecordingWriter>,
    /// Called on SIGHUP and by [`ServerControl::reload`].
    pub reload: Reload,
    /// Called once when every listener is open.
    pub on_ready: Box<dyn FnOnce(Running) + Send>,
}

impl fmt::Debug for RunOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The seed contains secrets.
        f.debug_struct("RunOptions").finish_non_exhaustive()
    }
}

/// A server that accepts connections.
#[derive(Debug)]
pub struct Running {
    /// The open listeners.
    pub bound: Vec<Bound>,
    /// The handle for shutdown and rehash.
    pub control: ServerControl,
}

/// The reason that a server could not start or had to stop, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunError(String);

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RunError {}

/// Runs a server on this thread until a signal or [`ServerControl::stop`] ends it.
///
/// # Errors
/// If a listener cannot be opened or a thread cannot be started; no client was served then. If the datastore
/// fails; no client has seen a change that is lost.
pub fn run(options: RunOptions) -> Result<(), RunError> {
    let RunOptions { config, seed, store, archive, recording, reload, on_ready } = options;
    let engine_config = Box::new(config.clone());
    let writer = store.into_writer().map_err(|error| RunError(error.to_string()))?;
    let engine = |now| {
        let engine = Engine::new(engine_config, seed, now);
        if let [first, rest @ ..] = engine.bad_records() {
            let more = rest.len();
            tracing::error!(
                target: LogType::Datastore.name(),
                "cannot read {first} (and {more} more); left unchanged"
            );
        }
        engine
    };
    match recording {
        None => run_core(config, engine, writer, archive, reload, on_ready),
        Some(recording) => {
            let recorder = |now| Recorder::new(engine(now), recording, now);
            run_core(config, recorder, writer, archive, reload, on_ready)
        }
    }
}

/// Like [`run`], with any [`Core`] in place of the engine, and any writer.
///
/// # Errors
/// As for [`run`].
pub fn run_core<C: Core>(
    config: Config,
    core: impl FnOnce(Now) -> C,
    writer: StoreWriter,
    archive: Option<Opened<Database>>,
    reload: Reload,
    on_ready: Box<dyn FnOnce(Running) + Send>,
) -> Result<(), RunError> {
    threads::run(config, core, writer, archive, reload, on_ready).map_err(RunError)
}

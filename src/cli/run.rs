//! `ircd run`: reads and opens everything that the server needs from disk, then runs it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::configuration::Source;
use super::{Failure, Options, certificate, replay, texts};
use crate::archive::{Database, Opened};
use crate::config::{Config, Loaded, LogType, Problem};
use crate::engine::Seed;
use crate::recording::{RecordingKey, RecordingWriter};
use crate::server::logging::{Console, Logs};
use crate::server::{Reload, RunOptions, Running};
use crate::store::{FileLock, Outdated, Store};
use crate::{archive, config, server, store};

/// Options for recording a run.
#[derive(Debug, Args)]
pub(super) struct RecordOptions {
    /// Record everything that happens, encrypted, in this file; `ircd replay` repeats it
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// File with the key of the recording, created if it is missing [default: FILE.key]
    #[arg(long, value_name = "FILE", requires = "record")]
    record_key: Option<PathBuf>,
}

pub(super) fn run(options: &Options, smoke: bool, record: &RecordOptions) -> Result<(), Failure> {
    let source = Source::find(options.conf.as_deref());
    let (Loaded { config, warnings, not_yet }, document) = source.load_with_document()?;
    let console = if options.quiet { Console::Quiet } else { Console::Shown };
    let logs = Logs::start(&config.logging, console)?;
    tracing::info!(target: LogType::Server.name(), "ircd-{} starting", env!("CARGO_PKG_VERSION"));
    let hint = if source == Source::BuiltIn { " (there is no ircd.yaml here)" } else { "" };
    tracing::info!(target: LogType::Server.name(), "Using config file : {}{hint}", source.name());
    warn(&source, &warnings, &not_yet);

    let _lock = config.lock_file.as_deref().map(|path| FileLock::acquire(Path::new(path))).transpose()?;
    let store = open_store(&config)?;
    let archive = open_archive(&config)?;
    make_certificates(&config)?;
    let seed = Seed {
        entropy: store::entropy()?,
        cloak_secret: store.cloak_secret()?,
        texts: texts::read(&source, &config, document),
        records: store.records()?,
        latest_message_ms: archive.as_ref().and_then(Opened::latest_ms),
    };
    let on_ready = move |running: Running| {
        tracing::info!(target: LogType::Server.name(), "Server running");
        if smoke {
            running.control.stop("Only a test");
        }
    };
    let reload = reload(source, logs, config.clone());
    let recording = record.begin()?;
    server::run(RunOptions {
        config,
        seed,
        store,
        archive,
        recording,
        reload,
        on_ready: Box::new(on_ready),
    })?;
    Ok(())
}

impl RecordOptions {
    /// Creates the recording, and its key if that is missing.
    fn begin(&self) -> Result<Option<RecordingWriter>, Failure> {
        let Some(file) = &self.record else { return Ok(None) };
        let key = self.record_key.clone().unwrap_or_else(|| replay::key_path(file));
        let failed = |path: &Path, error| Failure::new(format_args!("recording {}: {error}", path.display()));
        let own = RecordingKey::read_or_create(&key).map_err(|error| failed(&key, error))?;
        let writer = RecordingWriter::start(file, own).map_err(|error| failed(file, error))?;
        tracing::info!(
            target: LogType::Server.name(),
            "Recording : {} (key in {})",
            file.display(),
            key.display()
        );
        Ok(Some(writer))
    }
}

/// Logs the warnings about a configuration.
fn warn(source: &Source, warnings: &[Problem], not_yet: &[String]) {
    for line in source.show(warnings) {
        tracing::warn!(target: LogType::Server.name(), "{line}");
    }
    if !not_yet.is_empty() {
        tracing::warn!(
            target: LogType::Server.name(),
            "not implemented in this version yet: {}",
            not_yet.join(", ")
        );
    }
}

fn open_store(config: &Config) -> Result<Store, Failure> {
    let path = &config.datastore.path;
    tracing::info!(target: LogType::Server.name(), "Using datastore : {path}");
    let outdated = if config.datastore.autoupgrade { Outdated::Upgrade } else { Outdated::Reject };
    let store = Store::open_or_create(Path::new(path), outdated)?;
    if let Some(copy) = store.backup() {
        tracing::info!(
            target: LogType::Datastore.name(),
            "upgraded {path}, backup of the old one: {}",
            copy.display()
        );
    }
    Ok(store)
}

/// Opens the history database, and logs where history is stored.
fn open_archive(config: &Config) -> Result<Option<Opened<Database>>, Failure> {
    let memory = if config.history.enabled { "memory" } else { "off" };
    let Some(settings) = archive::ArchiveSettings::of(config) else {
        tracing::info!(target: LogType::Server.name(), "History : {memory}");
        return Ok(None);
    };
    let opened = Opened::open(settings)?;
    let (address, spool) = (&opened.settings().address, opened.settings().spool.display());
    if config.history.persistent.enabled {
        tracing::info!(target: LogType::Server.name(), "History : {address}");
    } else {
        tracing::info!(
            target: LogType::Server.name(),
            "History : {memory} (history.persistent is off: {address} is not written)"
        );
    }
    if let Some(unavailable_reason) = opened.unavailable_reason() {
        tracing::error!(
            target: LogType::History.name(),
            "{address} is unavailable, history waits in {spool}: {unavailable_reason}"
        );
    }
    Ok(Some(opened))
}

/// Creates missing certificates. If only one file of a pair is missing, the listener reports it.
fn make_certificates(config: &Config) -> Result<(), Failure> {
    for (address, pair) in certificate::wanted(&config.listeners())? {
        if certificate::is_free(&pair.cert) && certificate::is_free(&pair.key) {
            certificate::make(pair, &config.server.name)?;
            tracing::warn!(
                target: LogType::Listeners.name(),
                "created a self-signed certificate for {address} : {} : {}",
                pair.cert,
                pair.key
            );
        }
    }
    Ok(())
}

/// Reads the configuration again and reopens the log files.
fn reload(source: Source, logs: Logs, running: Config) -> Reload {
    Arc::new(move || {
        let source = source.again();
        let (Loaded { config, warnings, not_yet }, document) =
            source.load_with_document().map_err(|Failure(lines)| lines.join("; "))?;
        config::diff(&running, &config)
            .map_err(|keys| format!("these keys require a restart: {}", keys.join(", ")))?;
        logs.apply(&config.logging).map_err(|error| error.to_string())?;
        warn(&source, &warnings, &not_yet);
        let texts = texts::read(&source, &config, document);
        Ok((config, texts))
    })
}

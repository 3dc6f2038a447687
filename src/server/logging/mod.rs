//! Logs: passes `tracing` events to the sinks of the configuration's `logging` list.
//!
//! A log type (`connect`, `opers`, …) is the target of an event. Events of libraries have other targets:
//! their type is `internal`, and only warnings and errors are logged. Invariant: one event is one line,
//! whatever text of a client is in it.

mod format;
mod sink;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::{error, fmt, io};

use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::config::{LogType, Logging};
use crate::private;
use sink::LogSink;

/// Whether logs go to the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Console {
    /// As configured.
    Shown,
    /// Only logs to files are written.
    Quiet,
}

/// A log file that cannot be written.
#[derive(Debug)]
pub struct LogError {
    filename: String,
    error: io::Error,
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "log file {}: {}", self.filename, self.error)
    }
}

impl error::Error for LogError {}

/// The active logs, which can be changed and reopened.
#[derive(Clone, Debug)]
pub struct Logs {
    sinks: Arc<RwLock<Vec<LogSink>>>,
    console: Console,
}

impl Logs {
    /// Opens the logs and installs them for the whole process. Once per process: a second call opens its
    /// files, but the first logs stay in use.
    pub fn start(config: &[Logging], console: Console) -> Result<Logs, LogError> {
        let logs = Logs { sinks: Arc::new(RwLock::new(Vec::new())), console };
        if tracing::subscriber::set_global_default(logs.subscriber()).is_ok() {
            let libraries =
                tracing_log::LogTracer::builder().with_max_level(tracing_log::log::LevelFilter::Warn);
            // It fails only if another logger is installed for the `log` crate; there is none.
            let _ = libraries.init();
        }
        logs.apply(config)?;
        Ok(logs)
    }

    /// Closes all logs and opens those of `config`, even if they are the same: after `logrotate` has moved a
    /// file away, this creates a new one. Restricts the files to their owner. On an error, the old logs stay.
    pub fn apply(&self, config: &[Logging]) -> Result<(), LogError> {
        let mut sinks = Vec::new();
        for log in config {
            sinks.extend(sink::open(log, self.console)?);
        }
        *self.sinks.write().unwrap_or_else(PoisonError::into_inner) = sinks;
        tracing::callsite::rebuild_interest_cache();
        for filename in config.iter().filter_map(Logging::file) {
            private::restrict(Path::new(filename));
        }
        Ok(())
    }

    fn subscriber(&self) -> impl Subscriber + for<'a> LookupSpan<'a> + use<> {
        tracing_subscriber::registry().with(LogLayer(self.clone()))
    }

    fn wants(&self, kind: LogType, level: Level) -> bool {
        let sinks = self.sinks.read().unwrap_or_else(PoisonError::into_inner);
        sinks.iter().any(|sink| sink.wants(kind, level))
    }
}

struct LogLayer(Logs);

impl<S: Subscriber> Layer<S> for LogLayer {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        match kind(metadata) {
            Some(kind) if self.0.wants(kind, *metadata.level()) => Interest::always(),
            _ => Interest::never(),
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        kind(metadata).is_some_and(|kind| self.0.wants(kind, *metadata.level()))
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        let Some(kind) = kind(event.metadata()) else { return };
        let record = format::LogRecord::of(event, kind, level);
        let sinks = self.0.sinks.read().unwrap_or_else(PoisonError::into_inner);
        for sink in sinks.iter().filter(|sink| sink.wants(kind, level)) {
            sink.write(&record);
        }
    }
}

/// Returns the log type of an event or a callsite; `None` if it is never logged.
fn kind(metadata: &Metadata<'_>) -> Option<LogType> {
    if metadata.is_span() {
        return None;
    }
    let library = || (*metadata.level() <= Level::WARN).then_some(LogType::Internal);
    LogType::named(metadata.target()).or_else(library)
}

#[cfg(test)]
mod tests;

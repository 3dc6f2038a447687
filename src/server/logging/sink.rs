//! A destination of log records, with their types, level and format.

use std::fs::File;
use std::io::{self, Write};

use tracing::Level;

use super::format::LogRecord;
use super::{Console, LogError};
use crate::config::{LogFormat, LogLevel, LogMethod, LogType, Logging};
use crate::private;

#[derive(Debug)]
pub(super) struct LogSink {
    place: LogPlace,
    types: Vec<LogType>,
    level: Level,
    format: LogFormat,
}

#[derive(Debug)]
enum LogPlace {
    Stdout,
    Stderr,
    File(File),
}

/// Opens a configured log: one sink per method.
pub(super) fn open(log: &Logging, console: Console) -> Result<Vec<LogSink>, LogError> {
    let mut sinks = Vec::new();
    for method in &log.method {
        let place = match method {
            LogMethod::Stdout | LogMethod::Stderr if console == Console::Quiet => continue,
            LogMethod::Stdout => LogPlace::Stdout,
            LogMethod::Stderr => LogPlace::Stderr,
            LogMethod::File => LogPlace::File(open_file(log.filename.as_deref().unwrap_or_default())?),
        };
        sinks.push(LogSink {
            place,
            types: log.types(),
            level: match log.level {
                LogLevel::Debug => Level::DEBUG,
                LogLevel::Info => Level::INFO,
                LogLevel::Warn => Level::WARN,
                LogLevel::Error => Level::ERROR,
            },
            format: log.format,
        });
    }
    Ok(sinks)
}

fn open_file(filename: &str) -> Result<File, LogError> {
    let opened = private::options().create(true).append(true).open(filename);
    opened.map_err(|error| LogError { filename: filename.to_owned(), error })
}

impl LogSink {
    /// Returns whether the sink includes records of this type and level.
    pub(super) fn wants(&self, kind: LogType, level: Level) -> bool {
        level <= self.level && self.types.contains(&kind)
    }

    /// Writes a record with one call. Ignores errors, which cannot be logged, so that the server keeps
    /// running.
    pub(super) fn write(&self, record: &LogRecord) {
        let line = match self.format {
            LogFormat::Text => record.text(),
            LogFormat::Json => record.json(),
        };
        let _ = match &self.place {
            LogPlace::Stdout => io::stdout().lock().write_all(line.as_bytes()),
            LogPlace::Stderr => io::stderr().lock().write_all(line.as_bytes()),
            LogPlace::File(file) => (&*file).write_all(line.as_bytes()),
        };
    }
}

//! A log record and its two forms: Ergo's columns, and JSON.

use std::fmt::{self, Write};
use std::time::SystemTime;

use time::OffsetDateTime;
use time::macros::format_description;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

use crate::config::LogType;

/// A log record.
pub(super) struct LogRecord {
    time: String,
    level: &'static str,
    kind: LogType,
    message: String,
    /// Further fields, as text.
    fields: Vec<(&'static str, String)>,
}

impl LogRecord {
    pub(super) fn of(event: &Event<'_>, kind: LogType, level: Level) -> LogRecord {
        let format =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        let time = OffsetDateTime::from(SystemTime::now()).format(format).unwrap_or_default();
        let level = match level {
            Level::ERROR => "error",
            Level::WARN => "warn",
            Level::INFO => "info",
            _ => "debug",
        };
        let mut record = LogRecord { time, level, kind, message: String::new(), fields: Vec::new() };
        event.record(&mut record);
        record
    }

    /// Formats the record in Ergo's columns: `2020-11-13T03:09:29.320Z : info  : server     : message :
    /// field=value`.
    pub(super) fn text(&self) -> String {
        let LogRecord { time, level, kind, message, fields } = self;
        let kind = kind.name();
        let mut line = format!("{time} : {level:<5} : {kind:<10} : ");
        escape(&mut line, message);
        for (name, value) in fields {
            line.push_str(" : ");
            line.push_str(name);
            line.push('=');
            escape(&mut line, value);
        }
        line.push('\n');
        line
    }

    /// Formats the record as an object with `time`, `level`, `type`, `message` and the fields.
    pub(super) fn json(&self) -> String {
        let mut object = serde_json::Map::new();
        let head = [
            ("time", &*self.time),
            ("level", self.level),
            ("type", self.kind.name()),
            ("message", &self.message),
        ];
        let fields = self.fields.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in head.into_iter().chain(fields) {
            object.insert(name.to_owned(), value.into());
        }
        let mut line = serde_json::Value::Object(object).to_string();
        line.push('\n');
        line
    }
}

impl Visit for LogRecord {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "log.target" => self.fields.push(("from", format!("{value:?}"))),
            name if name.starts_with("log.") => {}
            name => self.fields.push((name, format!("{value:?}"))),
        }
    }
}

/// Appends text with control characters escaped: nicks, real names and reasons come from clients, and must
/// not begin another record or control the administrator's terminal.
fn escape(line: &mut String, text: &str) {
    for c in text.chars() {
        if c.is_control() {
            let _ = write!(line, "\\x{:02x}", u32::from(c));
        } else {
            line.push(c);
        }
    }
}

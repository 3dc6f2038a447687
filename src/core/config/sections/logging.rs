//! `logging` and `debug`.

use crate::config::yaml::read::{boolean, filled, text, word, words};
use crate::config::yaml::section::section;
use crate::config::yaml::value::{LogFormat, LogLevel, LogMethod};

/// All types of log records, which `type` can select.
pub const LOG_TYPES: &[&str] = &[
    "accounts",
    "api",
    "channels",
    "connect",
    "connect-ip",
    "datastore",
    "history",
    "internal",
    "listeners",
    "mysql",
    "nick",
    "opers",
    "postgres",
    "quit",
    "server",
    "services",
    "shutdown",
    "sqlite",
    "userinput",
    "useroutput",
    "webpush",
];

/// Names of types in older configurations, and their current names.
pub const LOG_TYPE_ALIASES: &[(&str, &str)] =
    &[("localconnect", "connect"), ("localconnect-ip", "connect-ip")];

section! {
    /// `logging[]`: a log.
    Logging {
        /// Destinations.
        method: Vec<LogMethod> [words] = Vec::new(),
        /// File name, for the method `file`.
        filename: Option<String> [filled] = None,
        /// Types to log, or `*`; a leading `-` excludes a type.
        r#type: String [text] = String::new(),
        /// Minimum level. Required.
        level: LogLevel [word] = LogLevel::Info,
        /// Format of the records.
        format: LogFormat [word] = LogFormat::Text,
    }
}

section! {
    /// `debug`: debugging.
    Debug {
        /// Whether the server keeps running after an error in the handling of one client.
        recover_from_errors: bool [boolean] = true,
        /// Address of a profiling listener; if absent, there is none.
        pprof_listener: Option<String> [filled] = None,
    }
}

impl Logging {
    /// Returns the file that it writes, if any.
    pub fn file(&self) -> Option<&str> {
        self.filename.as_deref().filter(|_| self.method.contains(&LogMethod::File))
    }

    /// Returns whether it logs the lines that clients send or receive.
    pub fn shows_lines(&self) -> bool {
        let has = |wanted: &str| self.r#type.split_whitespace().any(|word| word.eq_ignore_ascii_case(wanted));
        let shows = |kind: &str| (has("*") || has(kind)) && !has(&format!("-{kind}"));
        self.level == LogLevel::Debug && (shows("userinput") || shows("useroutput"))
    }
}

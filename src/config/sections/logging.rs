//! `logging` and `debug`.

use crate::config::yaml::read::{boolean, filled, text, word, words};
use crate::config::yaml::section::section;
use crate::config::yaml::value::{LogFormat, LogLevel, LogMethod};

/// Every type a record can have; what the `type` of a log can name.
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

/// Names of them in older configurations, and what they are called today.
pub const LOG_TYPE_ALIASES: &[(&str, &str)] =
    &[("localconnect", "connect"), ("localconnect-ip", "connect-ip")];

section! {
    /// `logging[]`: a log.
    Logging {
        /// Where it goes.
        method: Vec<LogMethod> [words] = Vec::new(),
        /// The file, when it goes to one.
        filename: Option<String> [filled] = None,
        /// What is in it: types of records or `*`, and with `-` before it what is not.
        r#type: String [text] = String::new(),
        /// How important a record must be. Not absent.
        level: LogLevel [word] = LogLevel::Info,
        /// What records look like.
        format: LogFormat [word] = LogFormat::Text,
    }
}

section! {
    /// `debug`: for those who look for faults.
    Debug {
        /// Whether the server goes on after a fault in the handling of one client.
        recover_from_errors: bool [boolean] = true,
        /// Where to serve profiles; empty is nowhere.
        pprof_listener: Option<String> [filled] = None,
    }
}

impl Logging {
    /// Whether it shows the lines of clients, or those to them.
    pub fn shows_lines(&self) -> bool {
        let has = |wanted: &str| self.r#type.split_whitespace().any(|word| word.eq_ignore_ascii_case(wanted));
        let shows = |kind: &str| (has("*") || has(kind)) && !has(&format!("-{kind}"));
        self.level == LogLevel::Debug && (shows("userinput") || shows("useroutput"))
    }
}

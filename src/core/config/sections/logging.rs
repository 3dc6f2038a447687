//! `logging` and `debug`.

use super::LogType;
use crate::config::yaml::read::{boolean, filled, text, word, words};
use crate::config::yaml::section::section;
use crate::config::yaml::value::{LogFormat, LogLevel, LogMethod};

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

    /// Returns the types of records that it logs. Unknown words select nothing.
    pub fn types(&self) -> Vec<LogType> {
        let (unwanted, wanted): (Vec<&str>, Vec<&str>) =
            self.r#type.split_whitespace().partition(|word| word.starts_with('-'));
        let has = |words: &[&str], kind| {
            let mut names = words.iter().map(|word| word.strip_prefix('-').unwrap_or(word));
            names.any(|name| name == "*" || LogType::parse(name) == Some(kind))
        };
        let logs = |kind: &LogType| has(&wanted, *kind) && !has(&unwanted, *kind);
        LogType::ALL.iter().copied().filter(logs).collect()
    }

    /// Returns whether it logs the lines that clients send or receive.
    pub fn shows_lines(&self) -> bool {
        let is_of_lines = |kind: &LogType| matches!(kind, LogType::UserInput | LogType::UserOutput);
        self.level == LogLevel::Debug && self.types().iter().any(is_of_lines)
    }
}

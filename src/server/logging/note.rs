//! The log types, and the log records of the engine, which cannot log by itself.

use crate::engine::{Level, Note};

/// `tracing` wants the target and level of each event fixed at compile time, so there is one event
/// for each pair.
macro_rules! types {
    ($($kind:literal)*) => {
        pub(super) const TYPES: &[&str] = &[$($kind),*];

        /// Writes a record of the engine to the logs. One of an unknown type is `internal`.
        pub fn note(note: &Note) {
            let text = &note.text;
            match note.kind {
                $($kind => match note.level {
                    Level::Debug => tracing::debug!(target: $kind, "{text}"),
                    Level::Info => tracing::info!(target: $kind, "{text}"),
                    Level::Warn => tracing::warn!(target: $kind, "{text}"),
                    Level::Error => tracing::error!(target: $kind, "{text}"),
                },)*
                _ => tracing::warn!(target: "internal", "{text}"),
            }
        }
    };
}

types! {
    "accounts" "api" "channels" "connect" "connect-ip" "datastore" "history" "internal" "listeners" "mysql"
    "nick" "opers" "postgres" "quit" "server" "services" "shutdown" "sqlite" "userinput" "useroutput" "webpush"
}

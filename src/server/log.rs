//! Log records of the engine, and what clients send and get when someone wants to see it.

use tracing::Level as TracingLevel;

use crate::engine::{Event, Level, Line, Note};

/// `tracing` wants its targets as constants: one arm for each log type.
macro_rules! emit {
    ($note:expr, $other:literal, [$($kind:literal)*]) => {
        match $note.kind {
            $($kind => emit!(@ $kind, $note),)*
            _ => emit!(@ $other, $note),
        }
    };
    (@ $kind:literal, $note:expr) => {
        match $note.level {
            Level::Debug => tracing::debug!(target: $kind, "{}", $note.text),
            Level::Info => tracing::info!(target: $kind, "{}", $note.text),
            Level::Warn => tracing::warn!(target: $kind, "{}", $note.text),
            Level::Error => tracing::error!(target: $kind, "{}", $note.text),
        }
    };
}

/// Writes one record under its log type; an unknown type is logged as `internal`.
pub(super) fn write(note: &Note) {
    emit!(note, "internal", [
        "accounts" "api" "channels" "connect" "connect-ip" "datastore" "history" "listeners" "mysql"
        "postgres" "sqlite" "nick" "opers" "quit" "server" "services" "shutdown" "webpush"
    ]);
}

/// Whether someone wants to see what clients send.
pub(super) fn wants_input() -> bool {
    tracing::enabled!(target: "userinput", TracingLevel::DEBUG)
}

/// Logs a line that a client sent.
pub(super) fn write_input(event: &Event<'_>) {
    let Event::Received { session, line } = event else { return };
    match line {
        Line::Text(text) => tracing::debug!(target: "userinput", session = session.slot, "{text}"),
        Line::Bytes(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            tracing::debug!(target: "userinput", session = session.slot, "{text}");
        }
        Line::Overlong => tracing::debug!(target: "userinput", session = session.slot, "(overlong line)"),
    }
}

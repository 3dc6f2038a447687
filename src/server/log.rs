//! Log records of the engine, and the lines of clients if a log includes them.

use std::borrow::Cow;

use tracing::Level as TracingLevel;

use super::core::Core;
use crate::config::LogType;
use crate::engine::{Effect, Effects, Event, Level, Line, Note};

/// Maximum number of recipients that a record names.
const SESSIONS_MAX: usize = 20;

/// `tracing` requires constant targets: one arm per log type.
macro_rules! emit {
    ($note:expr, $($kind:ident)*) => {
        match $note.kind {
            $(LogType::$kind => emit!(@ LogType::$kind.name(), $note),)*
        }
    };
    (@ $target:expr, $note:expr) => {
        match $note.level {
            Level::Debug => tracing::debug!(target: $target, "{}", $note.text),
            Level::Info => tracing::info!(target: $target, "{}", $note.text),
            Level::Warn => tracing::warn!(target: $target, "{}", $note.text),
            Level::Error => tracing::error!(target: $target, "{}", $note.text),
        }
    };
}

/// Writes one record under its log type.
pub(super) fn write(note: &Note) {
    emit!(
        note,
        Accounts Api Channels Connect ConnectIp Datastore History Internal Listeners Mysql Nick Opers Postgres
        Quit Server Services Shutdown Sqlite UserInput UserOutput Webpush
    );
}

/// Returns whether any log includes input of clients.
pub(super) fn wants_input() -> bool {
    tracing::enabled!(target: LogType::UserInput.name(), TracingLevel::DEBUG)
}

/// Logs a line from a client.
pub(super) fn write_input(core: &impl Core, event: &Event<'_>) {
    let Event::Received { session, line } = event else { return };
    let text = match line {
        Line::Text(text) => Cow::Borrowed(*text),
        Line::Bytes(bytes) => String::from_utf8_lossy(bytes),
        Line::Overlong => Cow::Borrowed("(overlong line)"),
    };
    tracing::debug!(
        target: LogType::UserInput.name(),
        session = session.slot,
        "{}",
        core.masked_input(&text)
    );
}

/// Returns whether any log includes output to clients.
pub(super) fn wants_output() -> bool {
    tracing::enabled!(target: LogType::UserOutput.name(), TracingLevel::DEBUG)
}

/// Logs the lines to clients.
pub(super) fn write_output(core: &impl Core, effects: &Effects) {
    for effect in effects.list() {
        let (line, to) = match effect {
            Effect::Deliver { line, to } => (line, effects.sessions(*to)),
            Effect::Answer { to, line } => (line, std::slice::from_ref(to)),
            Effect::Hold { .. }
            | Effect::Release { .. }
            | Effect::Close { .. }
            | Effect::Admit { .. }
            | Effect::Ask { .. }
            | Effect::Reload { .. }
            | Effect::Return { .. }
            | Effect::Persist { .. }
            | Effect::Record(_)
            | Effect::Note(_)
            | Effect::CountLogin(_) => continue,
        };
        let text = String::from_utf8_lossy(effects.line(*line));
        let mut sessions: Vec<String> =
            to.iter().take(SESSIONS_MAX).map(|session| session.slot.to_string()).collect();
        if to.len() > SESSIONS_MAX {
            sessions.push(format!("and {} more", to.len() - SESSIONS_MAX));
        }
        tracing::debug!(
            target: LogType::UserOutput.name(),
            session = sessions.join(" "),
            "{}",
            core.masked_output(&text)
        );
    }
}

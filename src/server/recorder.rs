//! An engine whose events are recorded: a snapshot at startup, then each event with a digest of its effects.
//! It replaces the engine in the turn loop, so recording costs nothing unless it is enabled.

use std::borrow::Cow;
use std::time::Instant;

use super::core::Core;
use crate::config::LogType;
use crate::engine::stored::{StoredForm, digest};
use crate::engine::{Effects, Engine, Event, Now};
use crate::recording::{Beginning, RecordingStart, RecordingWriter, TurnBuffer};

/// Size of events, in bytes, after which a new recording begins with a snapshot.
const EVENTS_BYTES_MAX: usize = 256 << 20;
/// Size of a turn, in bytes, at which it is handed to the writer before it is over.
const TURN_BYTES_MAX: usize = 1 << 20;

/// An [`Engine`] that is recorded.
#[derive(Debug)]
pub(super) struct Recorder {
    engine: Engine,
    turn: TurnBuffer,
    writer: RecordingWriter,
    /// Size of the events since the last snapshot, in bytes.
    events_bytes: usize,
    /// Set if turns were not recorded, so that a new snapshot is needed before the next event.
    has_gap: bool,
}

impl Recorder {
    /// Begins a recording with the current state of the engine.
    pub(super) fn new(engine: Engine, writer: RecordingWriter, now: Now) -> Recorder {
        let mut recorder =
            Recorder { engine, turn: TurnBuffer::default(), writer, events_bytes: 0, has_gap: false };
        recorder.begin(now);
        recorder
    }

    fn begin(&mut self, now: Now) {
        let began = Instant::now();
        let program = format!("ircd-{}", env!("CARGO_PKG_VERSION"));
        let start = RecordingStart { program, form: StoredForm::here(), wall_ms: now.wall_ms };
        self.writer.begin(Beginning { start, snapshot: self.engine.snapshot(), after_gap: self.has_gap });
        (self.events_bytes, self.has_gap) = (0, false);
        let took_ms = began.elapsed().as_secs_f64() * 1e3;
        tracing::info!(target: LogType::Server.name(), "recording: took a snapshot in {took_ms:.1} ms");
    }

    fn hand_over(&mut self) {
        if self.turn.is_empty() {
            return;
        }
        let turn = self.turn.take();
        self.events_bytes += turn.len();
        if !self.has_gap && !self.writer.add(turn) {
            self.has_gap = true;
            tracing::warn!(
                target: LogType::Server.name(),
                "recording: the disk is too slow, some events are not recorded"
            );
        }
    }
}

impl Core for Recorder {
    fn handle(&mut self, now: Now, event: Event<'_>, out: &mut Effects) {
        if (self.has_gap || self.events_bytes > EVENTS_BYTES_MAX) && self.writer.is_idle() {
            self.hand_over();
            self.begin(now);
        }
        self.turn.event(now, &event);
        let from = out.list().len();
        self.engine.handle(now, event, out);
        self.turn.digest(digest(out, from));
        if self.turn.len() > TURN_BYTES_MAX {
            self.hand_over();
        }
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        self.engine.next_deadline_ms()
    }

    fn masked_input<'l>(&self, line: &'l str) -> Cow<'l, str> {
        self.engine.masked_input(line)
    }

    fn masked_output<'l>(&self, line: &'l str) -> Cow<'l, str> {
        self.engine.masked_output(line)
    }

    fn turn_is_over(&mut self) {
        self.hand_over();
    }
}

impl Drop for Recorder {
    /// Hands over the last events even if the engine panicked, because the last one shows why.
    fn drop(&mut self) {
        self.hand_over();
        if !std::thread::panicking() {
            self.writer.end();
        }
    }
}

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
/// Size of events, in bytes, and age of the first of them, in milliseconds, at which they are handed to the
/// writer. Waking it after every turn would cost more than recording the events.
const BATCH_BYTES: usize = 64 << 10;
const BATCH_MS: u64 = 100;

/// An [`Engine`] that is recorded.
#[derive(Debug)]
pub(super) struct Recorder {
    engine: Engine,
    batch: TurnBuffer,
    /// The time of the first event in the batch, and of the latest one, on the clock of [`Now::mono_ms`].
    batch_ms: (u64, u64),
    writer: RecordingWriter,
    /// Size of the events since the last snapshot, in bytes.
    events_bytes: usize,
    /// Set if turns were not recorded, so that a new snapshot is needed before the next event.
    has_gap: bool,
}

impl Recorder {
    /// Begins a recording with the current state of the engine.
    pub(super) fn new(engine: Engine, writer: RecordingWriter, now: Now) -> Recorder {
        let mut recorder = Recorder {
            engine,
            batch: TurnBuffer::default(),
            batch_ms: (0, 0),
            writer,
            events_bytes: 0,
            has_gap: false,
        };
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
        if self.batch.is_empty() {
            return;
        }
        let batch = self.batch.take();
        self.events_bytes += batch.len();
        if !self.has_gap && !self.writer.add(batch) {
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
        let first_ms = if self.batch.is_empty() { now.mono_ms } else { self.batch_ms.0 };
        self.batch_ms = (first_ms, now.mono_ms);
        self.batch.event(now, &event);
        let from = out.list().len();
        self.engine.handle(now, event, out);
        self.batch.digest(digest(out, from));
        if self.batch.len() >= BATCH_BYTES {
            self.hand_over();
        }
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        let hand_over_ms = (!self.batch.is_empty()).then_some(self.batch_ms.0 + BATCH_MS);
        [self.engine.next_deadline_ms(), hand_over_ms].into_iter().flatten().min()
    }

    fn masked_input<'l>(&self, line: &'l str) -> Cow<'l, str> {
        self.engine.masked_input(line)
    }

    fn masked_output<'l>(&self, line: &'l str) -> Cow<'l, str> {
        self.engine.masked_output(line)
    }

    fn turn_is_over(&mut self) {
        let (first_ms, latest_ms) = self.batch_ms;
        if latest_ms >= first_ms + BATCH_MS {
            self.hand_over();
        }
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

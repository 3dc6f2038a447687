//! Deadlines of sessions, in buckets of time. When an entry is due, its session is checked and gets the next
//! entry, so activity costs nothing here. A session has at most two entries for idle timeouts: one since it
//! was opened, one since it registered. Entries of sessions that have ended stay until they are due.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::state::SessionId;

/// All deadlines.
#[derive(Debug, Serialize, Deserialize)]
pub struct Timers {
    step_ms: u64,
    due: BTreeMap<u64, Vec<SessionId>>,
}

impl Timers {
    /// Returns an empty wheel, with buckets of this many milliseconds.
    pub fn every(step_ms: u64) -> Timers {
        Timers { step_ms, due: BTreeMap::new() }
    }

    /// Adds an entry for a session, due at `mono_ms`, at most one bucket later.
    pub fn arm(&mut self, mono_ms: u64, session: SessionId) {
        self.due.entry(mono_ms.div_ceil(self.step_ms)).or_default().push(session);
    }

    /// Returns the time at which the next entry is due, in milliseconds of the monotonic clock.
    pub fn next_ms(&self) -> Option<u64> {
        self.due.first_key_value().map(|(bucket, _)| bucket * self.step_ms)
    }

    /// Takes the sessions of one bucket that is due; `None` if no bucket is.
    pub fn take_due(&mut self, mono_ms: u64) -> Option<Vec<SessionId>> {
        let entry = self.due.first_entry()?;
        (entry.key() * self.step_ms <= mono_ms).then(|| entry.remove())
    }
}

//! Deadlines of sessions, in buckets of time. When an entry comes up, its session is looked at and
//! given the next one, so that activity costs nothing here. A session has at most two for silence: one from
//! when it was opened, one from when it registered. Entries of sessions that are gone stay until they are
//! due.

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

    /// Wants the session looked at then; up to one bucket late.
    pub fn arm(&mut self, mono_ms: u64, session: SessionId) {
        self.due.entry(mono_ms.div_ceil(self.step_ms)).or_default().push(session);
    }

    /// When the next session is due.
    pub fn next_ms(&self) -> Option<u64> {
        self.due.first_key_value().map(|(bucket, _)| bucket * self.step_ms)
    }

    /// Takes those that are due by now.
    pub fn take_due(&mut self, mono_ms: u64) -> Option<Vec<SessionId>> {
        let entry = self.due.first_entry()?;
        (entry.key() * self.step_ms <= mono_ms).then(|| entry.remove())
    }
}

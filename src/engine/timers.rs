//! Deadlines of sessions, in buckets of a second. When an entry comes up, its session is looked at and
//! given the next one, so that activity costs nothing here. A session has at most two: one from when
//! it was opened, one from when it registered. Entries of sessions that are gone stay until they are due.

use std::collections::BTreeMap;

use crate::state::SessionId;

/// All deadlines.
#[derive(Debug, Default)]
pub struct Timers {
    due: BTreeMap<u64, Vec<SessionId>>,
}

impl Timers {
    /// Wants the session looked at then; up to a second late.
    pub fn arm(&mut self, mono_ms: u64, session: SessionId) {
        self.due.entry(mono_ms.div_ceil(1000)).or_default().push(session);
    }

    /// When the next session is due.
    pub fn next_ms(&self) -> Option<u64> {
        self.due.first_key_value().map(|(second, _)| second * 1000)
    }

    /// Takes those that are due by now.
    pub fn take_due(&mut self, mono_ms: u64) -> Option<Vec<SessionId>> {
        let entry = self.due.first_entry()?;
        (entry.key() * 1000 <= mono_ms).then(|| entry.remove())
    }
}

//! The state as the engine holds it: every part may read it, and only the functions here change it.

use std::collections::BTreeSet;
use std::ops::Deref;

use crate::state::session::Pace;
use crate::state::{Fact, Moment, SessionId, State};

/// The state. Decisions change it only through [`Ledger::apply`]; the other functions record values that
/// clients do not see.
#[derive(Debug)]
pub struct Ledger(State);

impl Deref for Ledger {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl Ledger {
    /// Takes over the state of an earlier run.
    pub fn new(state: State) -> Ledger {
        Ledger(state)
    }

    /// Applies a fact that has been decided and announced.
    pub fn apply(&mut self, moment: Moment, fact: Fact<'_>) {
        self.0.apply(moment, fact);
    }

    /// Records that a session has just sent something.
    pub fn touch(&mut self, moment: Moment, session: SessionId) {
        self.0.touch(moment, session);
    }

    /// Records that a PING was sent.
    pub fn mark_pinged(&mut self, session: SessionId) {
        self.0.mark_pinged(session);
    }

    /// Records bytes of answers to a session; returns the number of bytes that it may not have read yet.
    pub fn note_answered(&mut self, session: SessionId, bytes: usize) -> usize {
        self.0.note_answered(session, bytes)
    }

    /// Records that a session's output has drained.
    pub fn note_drained(&mut self, session: SessionId) {
        self.0.note_drained(session);
    }

    /// Returns the charges of a session for its lines.
    pub fn pace(&mut self, session: SessionId) -> &mut Pace {
        self.0.pace(session)
    }

    /// Records whether the datastore has room for new records.
    pub fn set_writable(&mut self, writable: bool) {
        self.0.store_full = !writable;
    }

    /// Takes the keys of the records that have changed since the last call: those to flush, and the others.
    pub fn take_dirty(&mut self) -> (BTreeSet<String>, BTreeSet<String>) {
        (std::mem::take(&mut self.0.dirty), std::mem::take(&mut self.0.dirty_soon))
    }
}

//! Connections with a handshake in progress: they have a slot and a session, but no socket in the slab yet.
//! The engine admits each before it costs anything. Part of [`super::shard`].
//!
//! Invariant: unless the engine closes a connection, it is notified exactly once: the handshake is done, or
//! the connection is closed.

use std::cell::Cell;
use std::rc::Rc;

use tokio::sync::Notify;

use super::connection::Connection;
use super::shard::{Inner, Shard};
use crate::engine::{CloseReason, Door};
use crate::state::SessionId;

/// The decision of the engine about a connection with a handshake in progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Decision {
    #[default]
    Open,
    Admitted,
    Closed,
}

/// The decision, and the notification of it.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    decision: Cell<Decision>,
    decided: Notify,
}

impl Verdict {
    fn decide(&self, decision: Decision) {
        self.decision.set(decision);
        self.decided.notify_one();
    }
}

/// A session whose handshake is in progress. If it is dropped before it is done, the session is closed.
#[derive(Debug)]
pub(super) struct Handshake {
    shard: Rc<Shard>,
    session: SessionId,
    verdict: Rc<Verdict>,
}

impl Handshake {
    /// Creates a session for an accepted connection, and asks the engine to admit it.
    pub(super) fn begin(shard: &Rc<Shard>, door: Box<Door>) -> Handshake {
        let verdict = Rc::<Verdict>::default();
        let session = shard.inner.borrow_mut().expect_handshake(verdict.clone(), door);
        Handshake { shard: shard.clone(), session, verdict }
    }

    /// Waits for the decision of the engine; returns whether it admitted the connection.
    pub(super) async fn is_admitted(&self) -> bool {
        while self.verdict.decision.get() == Decision::Open {
            self.verdict.decided.notified().await;
        }
        self.verdict.decision.get() == Decision::Admitted
    }

    /// Waits until the engine has closed a connection that it had admitted.
    pub(super) async fn closed(&self) {
        while self.verdict.decision.get() != Decision::Closed {
            self.verdict.decided.notified().await;
        }
    }

    /// Opens the connection, whose handshake is done.
    pub(super) fn done(self, connection: Connection, door: Box<Door>) {
        self.shard.finish_handshake(self.session, connection, door);
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.shard.inner.borrow_mut().fail_handshake(self.session);
    }
}

impl Inner {
    fn expect_handshake(&mut self, verdict: Rc<Verdict>, door: Box<Door>) -> SessionId {
        let local = self.take_slot();
        // It cannot be sent lines yet.
        self.marks[local as usize].deaf = true;
        self.handshakes.insert(local, verdict);
        let session = self.session(local);
        self.inbox.accepted(session, door);
        self.wake_turn();
        session
    }

    /// Returns the slot of a session whose handshake is in progress.
    fn shaking(&self, session: SessionId) -> Option<u32> {
        let local = self.local(session)?;
        let mark = self.marks.get(local as usize)?;
        (mark.generation == session.generation && self.handshakes.contains_key(&local)).then_some(local)
    }

    /// Admits a connection, as the engine decided.
    pub(super) fn admit(&mut self, session: SessionId) {
        if let Some(verdict) = self.shaking(session).and_then(|local| self.handshakes.get(&local)) {
            verdict.decide(Decision::Admitted);
        }
    }

    /// Closes a connection whose handshake is in progress; returns false if it is not.
    pub(super) fn close_handshake(&mut self, session: SessionId) -> bool {
        let Some(local) = self.shaking(session) else { return false };
        if let Some(verdict) = self.handshakes.remove(&local) {
            verdict.decide(Decision::Closed);
        }
        self.free_slot(local);
        true
    }

    fn fail_handshake(&mut self, session: SessionId) {
        let Some(local) = self.shaking(session) else { return };
        self.handshakes.remove(&local);
        self.inbox.closed(session, CloseReason::Handshake);
        self.wake_turn();
        self.free_slot(local);
    }

    /// Puts a connection into the slot of its handshake, and returns the slot; `None` if the engine has
    /// closed the connection.
    pub(super) fn end_handshake(
        &mut self,
        session: SessionId,
        connection: Connection,
        door: Box<Door>,
    ) -> Option<u32> {
        let local = self.shaking(session)?;
        self.handshakes.remove(&local);
        self.slots[local as usize] = Some(connection);
        self.marks[local as usize].deaf = false;
        self.inbox.handshake_done(session, door);
        self.wake_turn();
        Some(local)
    }
}

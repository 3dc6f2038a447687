//! Connections that shake hands: they have a slot and a session, and no socket in the slab yet. The engine says
//! whether one may go on before it costs anything. Part of [`super::shard`].
//!
//! Invariant: the engine learns exactly once how each ended: its handshake is done, or it is closed,
//! unless the engine closed it.

use std::cell::Cell;
use std::rc::Rc;

use tokio::sync::Notify;

use super::connection::Connection;
use super::shard::{Inner, Shard};
use crate::engine::{CloseReason, Door};
use crate::state::SessionId;

/// What the engine has decided about a connection that shakes hands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Decision {
    #[default]
    Open,
    Admitted,
    Closed,
}

/// The decision, and who waits for it.
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

/// A session whose handshake is under way. Dropped before it is done, the session is closed.
#[derive(Debug)]
pub(super) struct Handshake {
    shard: Rc<Shard>,
    session: SessionId,
    verdict: Rc<Verdict>,
}

impl Handshake {
    /// Makes a session of a connection that has been accepted, and asks the engine whether it may come in.
    pub(super) fn begin(shard: &Rc<Shard>, door: Box<Door>) -> Handshake {
        let verdict = Rc::<Verdict>::default();
        let session = shard.inner.borrow_mut().expect_handshake(verdict.clone(), door);
        Handshake { shard: shard.clone(), session, verdict }
    }

    /// Waits until the engine has decided; whether the connection may come in.
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

    /// The connection is ready to talk.
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
        // Nothing can be said to it.
        self.marks[local as usize].deaf = true;
        self.handshakes.insert(local, verdict);
        let session = self.session(local);
        self.inbox.accepted(session, door);
        self.wake_turn();
        session
    }

    /// The place of a session whose handshake is under way.
    fn shaking(&self, session: SessionId) -> Option<u32> {
        let local = self.local(session)?;
        let mark = self.marks.get(local as usize)?;
        (mark.generation == session.generation && self.handshakes.contains_key(&local)).then_some(local)
    }

    /// The engine lets a connection in.
    pub(super) fn admit(&mut self, session: SessionId) {
        if let Some(verdict) = self.shaking(session).and_then(|local| self.handshakes.get(&local)) {
            verdict.decide(Decision::Admitted);
        }
    }

    /// The engine closed a connection whose handshake was under way; false when it was not.
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

    /// Puts a connection into the slot that its handshake has kept; its place, unless the engine has closed it.
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

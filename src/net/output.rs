//! Carrying out effects: lines into outboxes, outboxes into sockets, and what follows from a socket
//! that takes no more. Part of [`super::shard`].

use super::connection::Flushed;
use super::shard::Inner;
use crate::engine::{CloseReason, Effect, Effects};
use crate::state::SessionId;

/// The last line to a client that did not read.
const SENDQ_EXCEEDED: &[u8] = b"ERROR :SendQ exceeded";

impl Inner {
    pub(super) fn apply(&mut self, effects: &Effects) {
        let traced = tracing::enabled!(target: "useroutput", tracing::Level::DEBUG);
        for effect in effects.list() {
            match effect {
                Effect::Deliver { line, to } => {
                    let line = effects.line(*line);
                    for &session in effects.sessions(*to) {
                        if traced {
                            trace_output(session, line);
                        }
                        self.deliver(session, line);
                    }
                }
                Effect::Answer { to, line } => {
                    let line = effects.line(*line);
                    if traced {
                        trace_output(*to, line);
                    }
                    self.answer(*to, line);
                }
                Effect::Hold { session } => self.hold(*session),
                Effect::Release { session } => self.release(*session),
                Effect::Close { session } => self.close(*session),
                Effect::Ask { .. } | Effect::Note(_) => {}
            }
        }
    }

    /// A line that others caused. This is the loop the server's speed is decided in.
    #[inline]
    fn deliver(&mut self, session: SessionId, line: &[u8]) {
        let Some(local) = self.local(session) else { return };
        let Some(slot) = self.slots.get_mut(local as usize) else { return };
        if slot.generation != session.generation {
            return;
        }
        let Some(connection) = &mut slot.connection else { return };
        if connection.status.closing {
            return;
        }
        connection.outbox.push(line, connection.wrapping, &mut self.pool);
        if !connection.status.dirty {
            connection.status.dirty = true;
            self.dirty.push(local);
        }
        let outbox = &connection.outbox;
        if outbox.len() > self.limits.sendq_bytes_max + outbox.own_len() {
            self.relieve(local);
        }
    }

    /// The output passed the limit: a turn can be longer than the limit, so what the socket takes goes
    /// out first. Who is over it even then does not read.
    #[cold]
    fn relieve(&mut self, local: u32) {
        let before = self.session(local);
        self.flush_one(local);
        let sendq_bytes_max = self.limits.sendq_bytes_max;
        let Some(connection) = self.connection(local, before.generation) else { return };
        let outbox = &connection.outbox;
        if outbox.len() > sendq_bytes_max + outbox.own_len() {
            // Deaf from now on; the engine learns of it at the end of the turn.
            connection.status.closing = true;
            self.exceeded.push(local);
        }
    }

    /// A line that the session itself caused.
    fn answer(&mut self, session: SessionId, line: &[u8]) {
        let Some(local) = self.local(session) else { return };
        let pause_bytes = self.limits.pause_bytes();
        let Inner { slots, pool, dirty, .. } = self;
        let Some(slot) = slots.get_mut(local as usize) else { return };
        let Some(connection) = &mut slot.connection else { return };
        if slot.generation != session.generation || connection.status.closing {
            return;
        }
        connection.outbox.push_own(line, connection.wrapping, pool);
        if !connection.status.dirty {
            connection.status.dirty = true;
            dirty.push(local);
        }
        if connection.outbox.len() > pause_bytes {
            connection.status.paused = true;
        }
    }

    fn hold(&mut self, session: SessionId) {
        let Some(local) = self.local(session) else { return };
        let Some(connection) = self.connection(local, session.generation) else { return };
        connection.status.held = true;
        connection.status.drain_due = true;
        self.mark_dirty(local);
    }

    fn release(&mut self, session: SessionId) {
        let Some(local) = self.local(session) else { return };
        let Some(connection) = self.connection(local, session.generation) else { return };
        connection.status.held = false;
        connection.status.drain_due = false;
        connection.wake();
    }

    fn close(&mut self, session: SessionId) {
        let Some(local) = self.local(session) else { return };
        let Inner { slots, pool, .. } = self;
        let Some(slot) = slots.get_mut(local as usize) else { return };
        let Some(connection) = &mut slot.connection else { return };
        if slot.generation != session.generation || connection.status.closing {
            return;
        }
        connection.queue_close_frame(1000, pool);
        connection.status.closing = true;
        self.mark_dirty(local);
        self.bid_farewell(session);
    }

    fn mark_dirty(&mut self, local: u32) {
        if let Some(connection) = &mut self.slots[local as usize].connection
            && !connection.status.dirty
        {
            connection.status.dirty = true;
            self.dirty.push(local);
        }
    }

    pub(super) fn flush_dirty(&mut self) {
        for local in std::mem::take(&mut self.exceeded) {
            self.give_up(local);
        }
        let mut dirty = std::mem::take(&mut self.dirty);
        for local in dirty.drain(..) {
            let Some(connection) = &mut self.slots[local as usize].connection else { continue };
            connection.status.dirty = false;
            if connection.status.blocked {
                self.after_flush(local);
            } else {
                self.flush_one(local);
            }
        }
        // Keeps the list's memory for the next turn.
        self.dirty = dirty;
    }

    /// Closes a connection that does not read, with the reason if there is still room for it.
    fn give_up(&mut self, local: u32) {
        let session = self.session(local);
        let Inner { slots, pool, .. } = self;
        let Some(connection) = &mut slots[local as usize].connection else { return };
        connection.outbox.push(SENDQ_EXCEEDED, connection.wrapping, pool);
        connection.queue_close_frame(1008, pool);
        let _ = connection.flush(pool);
        self.inbox.closed(session, CloseReason::SendqExceeded);
        self.wake_turn();
        self.remove(local);
    }

    /// What becomes possible when output has gone.
    pub(super) fn after_flush(&mut self, local: u32) {
        let session = self.session(local);
        let drained_bytes = self.limits.drained_bytes();
        let Inner { slots, inbox, .. } = self;
        let Some(connection) = &mut slots[local as usize].connection else { return };
        let status = &mut connection.status;
        if status.closing {
            if !status.blocked && !status.lingering {
                self.finish_close(local);
            }
            return;
        }
        if connection.outbox.len() >= drained_bytes {
            return;
        }
        let drained = std::mem::take(&mut status.drain_due);
        let resumed = std::mem::take(&mut status.paused);
        if drained {
            inbox.drained(session);
        }
        if resumed {
            connection.wake();
        }
        if drained {
            self.wake_turn();
        }
    }

    /// Everything is sent: says so to the peer, and lets the task look for input that must not be left
    /// unread.
    fn finish_close(&mut self, local: u32) {
        let Inner { slots, pool, .. } = self;
        let Some(connection) = &mut slots[local as usize].connection else { return };
        let flushed = connection.end_tls(pool);
        let may_speak = connection.may_speak();
        match flushed {
            Flushed::Failed(_) => self.remove(local),
            Flushed::All | Flushed::Blocked if connection.socket.shutdown_write().is_err() => {
                self.remove(local);
            }
            Flushed::All | Flushed::Blocked => {
                connection.status.lingering = true;
                connection.status.dropped_bytes = u32::from(may_speak);
                connection.wake();
            }
        }
    }
}

fn trace_output(session: SessionId, line: &[u8]) {
    tracing::debug!(target: "useroutput", session = session.slot, "{}", String::from_utf8_lossy(line));
}

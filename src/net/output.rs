//! Applies effects: puts lines into outboxes, writes outboxes to sockets, and handles full sockets. Part of
//! [`super::shard`].
//!
//! The effects of a turn are many lines with a list of recipients each. In that order, every line would visit
//! every outbox, and with many recipients each visit would miss the cache. Therefore the lines are first
//! sorted by recipient (numbers only, no bytes). Then one connection after the other gets all its lines, is
//! written while they are still in the cache, and returns its buffer to the pool for the next.

use std::io;

use super::connection::Flushed;
use super::shard::{Inner, Limits};
use crate::engine::{CloseReason, Effect, Effects};
use crate::state::SessionId;

/// The last line to a client that does not read.
const SENDQ_EXCEEDED: &[u8] = b"ERROR :SendQ exceeded";

/// The index of the effect that contains a line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineRef(u32);

impl Inner {
    pub(super) fn apply(&mut self, effects: &Effects, more_follow: bool) {
        self.count(effects);
        self.sort(effects);
        let mut start = 0;
        let mut touched = std::mem::take(&mut self.touched);
        for local in touched.drain(..) {
            let mark = &mut self.marks[local as usize];
            mark.touched = false;
            let end = std::mem::take(&mut mark.lines);
            self.fill(local, effects, start as usize..end as usize);
            start = end;
            if more_follow {
                self.mark_dirty(local);
            } else {
                self.flush_filled(local);
            }
        }
        // Keep the list's memory for the next turn.
        self.touched = touched;
        if !more_follow {
            for local in std::mem::take(&mut self.dirty) {
                self.flush_filled(local);
            }
        }
    }

    /// Counts the lines for each session, and applies all other effects.
    fn count(&mut self, effects: &Effects) {
        for effect in effects.list() {
            match effect {
                Effect::Deliver { to, .. } => {
                    for &session in effects.sessions(*to) {
                        self.count_line(session);
                    }
                }
                Effect::Answer { to, .. } => self.count_line(*to),
                Effect::Hold { session } => self.hold(*session),
                Effect::Release { session } => self.release(*session),
                Effect::Close { session } => self.close(*session),
                Effect::Admit { session } => self.admit(*session),
                Effect::Ask { .. }
                | Effect::Reload { .. }
                | Effect::Return { .. }
                | Effect::Persist { .. }
                | Effect::Record(_)
                | Effect::Note(_)
                | Effect::CountLogin(_) => {}
            }
        }
    }

    #[inline]
    fn count_line(&mut self, session: SessionId) {
        if let Some(local) = self.hearing(session) {
            self.marks[local as usize].lines += 1;
            self.touch(local);
        }
    }

    /// Returns the slot of a session that belongs to this shard and is open.
    #[inline]
    fn hearing(&self, session: SessionId) -> Option<u32> {
        let local = self.local(session)?;
        let mark = self.marks.get(local as usize)?;
        (mark.generation == session.generation && !mark.deaf).then_some(local)
    }

    #[inline]
    fn touch(&mut self, local: u32) {
        let mark = &mut self.marks[local as usize];
        if !mark.touched {
            mark.touched = true;
            self.touched.push(local);
        }
    }

    /// Sorts the lines by recipient, with a counting sort, which keeps the order of each recipient's lines.
    fn sort(&mut self, effects: &Effects) {
        let mut total = 0;
        for &local in &self.touched {
            let mark = &mut self.marks[local as usize];
            total += std::mem::replace(&mut mark.lines, total);
        }
        self.sorted.resize(total as usize, LineRef::default());
        for (number, effect) in effects.list().iter().enumerate() {
            let line = LineRef(number as u32);
            match effect {
                Effect::Deliver { to, .. } => {
                    for &session in effects.sessions(*to) {
                        self.place(session, line);
                    }
                }
                Effect::Answer { to, .. } => self.place(*to, line),
                _ => {}
            }
        }
    }

    #[inline]
    fn place(&mut self, session: SessionId, line: LineRef) {
        if let Some(local) = self.hearing(session) {
            let mark = &mut self.marks[local as usize];
            self.sorted[mark.lines as usize] = line;
            mark.lines += 1;
        }
    }

    /// Puts a connection's lines into its outbox.
    fn fill(&mut self, local: u32, effects: &Effects, lines: std::ops::Range<usize>) {
        let Limits { sendq_bytes_max, .. } = self.limits;
        let pause_bytes = self.limits.pause_bytes();
        for at in lines {
            let Inner { slots, pool, sorted, .. } = self;
            let Some(connection) = &mut slots[local as usize] else { return };
            match &effects.list()[sorted[at].0 as usize] {
                Effect::Deliver { line, .. } => {
                    connection.outbox.push(effects.line(*line), connection.wrapping, pool);
                }
                Effect::Answer { line, .. } => {
                    connection.outbox.push_own(effects.line(*line), connection.wrapping, pool);
                    connection.status.paused |= connection.outbox.len() > pause_bytes;
                }
                _ => continue,
            }
            if connection.outbox.is_over(sendq_bytes_max) && !self.relieve(local) {
                return;
            }
        }
        let Inner { slots, pool, marks, .. } = self;
        if let Some(connection) = &mut slots[local as usize]
            && connection.status.closing
            && !marks[local as usize].deaf
        {
            connection.queue_close_frame(1000, pool);
            marks[local as usize].deaf = true;
        }
    }

    /// Handles output that exceeds the limit. The output of one turn can be larger than the limit, so as much
    /// as possible is sent first. If the rest still exceeds the limit, the client does not read: closes the
    /// connection and returns false.
    #[cold]
    fn relieve(&mut self, local: u32) -> bool {
        self.write_out(local);
        let Some(connection) = &self.slots[local as usize] else { return false };
        if connection.outbox.is_over(self.limits.sendq_bytes_max) {
            self.close_unresponsive(local);
            return false;
        }
        true
    }

    fn hold(&mut self, session: SessionId) {
        let Some(local) = self.hearing(session) else { return };
        let Some(connection) = &mut self.slots[local as usize] else { return };
        connection.status.held = true;
        connection.status.drain_due = true;
        self.touch(local);
    }

    fn release(&mut self, session: SessionId) {
        let Some(local) = self.hearing(session) else { return };
        let Some(connection) = &mut self.slots[local as usize] else { return };
        connection.status.held = false;
        connection.status.drain_due = false;
        connection.wake();
    }

    fn close(&mut self, session: SessionId) {
        if self.close_handshake(session) {
            return;
        }
        let Some(local) = self.hearing(session) else { return };
        let Some(connection) = &mut self.slots[local as usize] else { return };
        connection.status.closing = true;
        self.touch(local);
        self.start_linger(session);
    }

    fn mark_dirty(&mut self, local: u32) {
        if let Some(connection) = &mut self.slots[local as usize]
            && !connection.status.dirty
        {
            connection.status.dirty = true;
            self.dirty.push(local);
        }
    }

    fn flush_filled(&mut self, local: u32) {
        let Some(connection) = &mut self.slots[local as usize] else { return };
        connection.status.dirty = false;
        if !connection.status.blocked {
            self.write_out(local);
        }
        self.after_flush(local);
    }

    /// Writes as much as the socket accepts, and updates the status of the connection.
    pub(super) fn flush_one(&mut self, local: u32) {
        self.write_out(local);
        self.after_flush(local);
    }

    /// Writes as much as the socket accepts.
    pub(super) fn write_out(&mut self, local: u32) {
        let Inner { slots, pool, .. } = self;
        let Some(connection) = &mut slots[local as usize] else { return };
        match connection.flush(pool) {
            Flushed::All => {}
            Flushed::Blocked => {
                connection.status.blocked = true;
                connection.wake();
            }
            Flushed::Failed(error) => self.end(local, failure(&error)),
        }
    }

    /// Closes a connection that does not read, and sends the reason if the socket still accepts it.
    fn close_unresponsive(&mut self, local: u32) {
        let session = self.session(local);
        let Inner { slots, pool, .. } = self;
        let Some(connection) = &mut slots[local as usize] else { return };
        connection.outbox.push(SENDQ_EXCEEDED, connection.wrapping, pool);
        connection.queue_close_frame(1008, pool);
        let _ = connection.flush(pool);
        self.inbox.closed(session, CloseReason::SendqExceeded);
        self.wake_turn();
        self.remove(local);
    }

    /// Updates the status of a connection after a flush: finishes a close, reports drained output, and
    /// resumes reading.
    pub(super) fn after_flush(&mut self, local: u32) {
        let session = self.session(local);
        let drained_bytes = self.limits.drained_bytes();
        let Inner { slots, inbox, .. } = self;
        let Some(connection) = &mut slots[local as usize] else { return };
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

    /// Ends the stream after everything was sent, and lets the task read input that must not stay unread.
    fn finish_close(&mut self, local: u32) {
        let Inner { slots, pool, .. } = self;
        let Some(connection) = &mut slots[local as usize] else { return };
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

/// Returns the close reason for a failed read or write.
pub(super) fn failure(error: &io::Error) -> CloseReason {
    CloseReason::Failed(super::reason(error).into())
}

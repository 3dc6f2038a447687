//! The work of a connection's task when it is woken: reads, and continues writing. Part of [`super::shard`].

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

use super::connection::{Connection, LINES_MAX, Sink};
use super::output::failure;
use super::shard::Inner;
use crate::engine::CloseReason;

/// Number of bytes that a closed connection may still send before it is dropped.
const DROPPED_BYTES_MAX: u32 = 1 << 20;

impl Inner {
    /// Reads from and writes to a connection as far as possible; ready when the connection is gone.
    pub(super) fn drive(&mut self, local: u32, generation: u32, cx: &mut Context<'_>) -> Poll<()> {
        let Some(connection) = self.connection(local, generation) else { return Poll::Ready(()) };
        if !connection.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            connection.waker = Some(cx.waker().clone());
        }
        while let Some(connection) = self.connection(local, generation)
            && connection.status.blocked
            && connection.socket.poll_write_ready(cx).is_ready()
        {
            // The write reports an error of the socket.
            connection.status.blocked = false;
            self.flush_one(local);
        }
        loop {
            let Some(connection) = self.connection(local, generation) else { return Poll::Ready(()) };
            let status = &connection.status;
            if status.lingering {
                return self.drop_input(local, cx);
            }
            if status.closing || status.held || status.paused {
                return Poll::Pending;
            }
            let has_backlog = !connection.backlog.is_empty();
            if self.inbox.is_full() {
                self.stalled.push(cx.waker().clone());
                return Poll::Pending;
            }
            let mut is_full = false;
            if has_backlog {
                self.take_apart(local, None);
            } else {
                match self.read(local, cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(0)) => self.end(local, CloseReason::Hangup),
                    Poll::Ready(Err(error)) => self.end(local, failure(&error)),
                    Poll::Ready(Ok(count)) => {
                        self.take_apart(local, Some(count));
                        is_full = count == self.read_buffer.len();
                    }
                }
            }
            let Some(connection) = self.connection(local, generation) else { return Poll::Ready(()) };
            if is_full || !connection.backlog.is_empty() {
                // There is more input; other connections come first.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    /// Reads once into the shared buffer. After a read that does not fill it, tokio knows that nothing is
    /// left, so no second system call is needed.
    fn read(&mut self, local: u32, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(connection) = &mut self.slots[local as usize] else { return Poll::Pending };
        let mut buffer = ReadBuf::new(&mut self.read_buffer);
        match Pin::new(&mut connection.socket).poll_read(cx, &mut buffer) {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(buffer.filled().len())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Splits `count` bytes of the read buffer into lines, or the backlog of an earlier read.
    fn take_apart(&mut self, local: u32, count: Option<usize>) {
        let session = self.session(local);
        let Inner { slots, inbox, read_buffer, plain_buffer, limits, pool, .. } = self;
        let Some(connection) = &mut slots[local as usize] else { return };
        let mut sink = Sink {
            session,
            inbox,
            lines_left: LINES_MAX,
            line_bytes_max: limits.line_bytes_max,
            pool,
            plain: plain_buffer,
        };
        let result = match count {
            Some(count) => connection.receive(&read_buffer[..count], &mut sink),
            None => connection.resume(&mut sink),
        };
        let has_output = has_transport_output(connection);
        // Pongs count as answers, too.
        if connection.outbox.own_len() > limits.pause_bytes() {
            connection.status.paused = true;
        }
        if !self.inbox.is_empty() {
            self.wake_turn();
        }
        if has_output {
            self.flush_one(local);
        }
        match result {
            Ok(()) => {}
            Err(reason @ CloseReason::Violation(_)) => self.part_from(local, reason),
            Err(reason) => self.end(local, reason),
        }
    }

    /// Closes a connection that violated the protocol, with a close frame. Its further input is dropped,
    /// because unread input would reset the connection before the close frame arrives.
    fn part_from(&mut self, local: u32, reason: CloseReason) {
        let session = self.session(local);
        let Some(connection) = &mut self.slots[local as usize] else { return };
        if connection.status.closing {
            return;
        }
        connection.status.closing = true;
        self.marks[local as usize].deaf = true;
        self.inbox.closed(session, reason);
        self.wake_turn();
        self.start_linger(session);
        self.flush_one(local);
    }

    /// Reads and drops the input of a closed connection: closing a socket with unread input would reset it,
    /// and our last lines might be lost.
    fn drop_input(&mut self, local: u32, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let result = self.read(local, cx);
            let Some(connection) = &mut self.slots[local as usize] else { break };
            match result {
                Poll::Pending if connection.status.dropped_bytes > 0 => return Poll::Pending,
                Poll::Ready(Ok(count)) if count > 0 => {
                    connection.status.dropped_bytes += count as u32;
                    if connection.status.dropped_bytes > DROPPED_BYTES_MAX {
                        break;
                    }
                }
                _ => break,
            }
        }
        self.remove(local);
        Poll::Ready(())
    }
}

/// Returns whether TLS or WebSocket have output of their own to flush.
fn has_transport_output(connection: &Connection) -> bool {
    let status = &connection.status;
    let tls_wants = connection.tls.as_ref().is_some_and(|tls| tls.wants_write());
    !status.dirty && !status.blocked && (tls_wants || !connection.outbox.is_empty())
}

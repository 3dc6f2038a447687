//! One client's socket, with its input and output. Leaves it to [`super::shard`] to decide when to read,
//! flush and close. Invariant: an idle connection has no buffer.

use std::io::{self, Read, Write};
use std::task::Waker;

use tokio_rustls::rustls::ServerConnection;

use super::framing::Framer;
use super::gate::ConnectionPermit;
use super::inbox::Inbox;
use super::outbox::{Outbox, Pool, Wrapping};
use super::socket::{Immediate, Socket};
use super::websocket::{Decoder, close_frame};
use crate::engine::{CloseReason, Line};
use crate::state::SessionId;

/// Maximum plaintext that is encrypted at a time: two full records, so that few bytes wait in encrypted form,
/// in which they are not counted.
const ENCRYPT_BYTES_MAX: usize = 32 * 1024;

/// Number of lines that a connection delivers before other connections and the engine get a turn: the answers
/// to these lines can make the engine hold the session.
pub(super) const LINES_MAX: usize = 64;

/// The destination of a connection's lines, and the buffers for producing them.
#[derive(Debug)]
pub(super) struct Sink<'a> {
    pub(super) session: SessionId,
    pub(super) inbox: &'a mut Inbox,
    /// The number of lines that may still be delivered.
    pub(super) lines_left: usize,
    pub(super) line_bytes_max: usize,
    pub(super) pool: &'a mut Pool,
    /// A buffer for decrypted bytes.
    pub(super) plain: &'a mut [u8],
}

/// The decoder that splits input into lines.
#[derive(Debug)]
pub(super) enum Reading {
    Lines(Framer),
    Messages(Box<Decoder>),
}

/// The conditions under which a connection must not be read or written.
#[derive(Debug, Default)]
pub(super) struct Status {
    /// The connection is in the shard's list of connections to flush.
    pub(super) dirty: bool,
    /// The socket is full; the connection's task waits until it is writable.
    pub(super) blocked: bool,
    /// The engine holds the session: no lines are read.
    pub(super) held: bool,
    /// The engine must be notified when the output has drained.
    pub(super) drain_due: bool,
    /// Answers to the client's own commands fill the outbox: nothing is read until it has drained.
    pub(super) paused: bool,
    /// The connection is closed once the queued output is sent.
    pub(super) closing: bool,
    /// Everything was sent and the stream ended; further input is read and dropped.
    pub(super) lingering: bool,
    /// The number of bytes dropped while lingering.
    pub(super) dropped_bytes: u32,
}

/// The result of a flush.
#[derive(Debug)]
pub(super) enum Flushed {
    All,
    Blocked,
    Failed(io::Error),
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) outbox: Outbox,
    pub(super) status: Status,
    pub(super) wrapping: Wrapping,
    pub(super) socket: Socket,
    pub(super) reading: Reading,
    /// Input that was read and decrypted, but not yet split: the rest after [`LINES_MAX`] lines.
    pub(super) backlog: Vec<u8>,
    pub(super) tls: Option<Box<ServerConnection>>,
    pub(super) waker: Option<Waker>,
    /// Counts the connection against `max-clients` until it is dropped.
    _permit: ConnectionPermit,
}

/// Returns input that arrived in the same packets as the end of the handshake. It is decrypted already, so
/// the socket will not become readable for it.
fn early_input(tls: &mut ServerConnection) -> Vec<u8> {
    let mut early = Vec::new();
    // Ends with `WouldBlock`. The end of the stream shows at the next read.
    let _ = tls.reader().read_to_end(&mut early);
    early
}

impl Connection {
    pub(super) fn new(
        socket: Socket,
        permit: ConnectionPermit,
        mut tls: Option<Box<ServerConnection>>,
        frames: Option<u8>,
    ) -> Connection {
        let (reading, wrapping) = match frames {
            None => (Reading::Lines(Framer::default()), Wrapping::Line),
            Some(first) => (Reading::Messages(Box::default()), Wrapping::Frame(first)),
        };
        Connection {
            outbox: Outbox::default(),
            status: Status::default(),
            wrapping,
            socket,
            reading,
            backlog: tls.as_mut().map(|tls| early_input(tls)).unwrap_or_default(),
            tls,
            waker: None,
            _permit: permit,
        }
    }

    /// Wakes the connection's task.
    pub(super) fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }

    /// Returns whether a client may still send something after we closed: the rest of a line, or the close
    /// frame that answers ours on a WebSocket.
    pub(super) fn may_speak(&self) -> bool {
        match &self.reading {
            Reading::Lines(framer) => !framer.is_between_lines(),
            Reading::Messages(_) => true,
        }
    }

    /// Writes as much output as the socket accepts now.
    pub(super) fn flush(&mut self, pool: &mut Pool) -> Flushed {
        let mut sent = 0;
        let result = match &mut self.tls {
            None => write_plain(&self.socket, self.outbox.pending(), &mut sent),
            Some(tls) => write_encrypted(&self.socket, tls, self.outbox.pending(), &mut sent),
        };
        if sent > 0 {
            self.outbox.consume(sent, pool);
        }
        match result {
            Ok(()) => Flushed::All,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Flushed::Blocked,
            Err(error) => Flushed::Failed(error),
        }
    }

    /// Queues a close frame after all other output, on a WebSocket.
    pub(super) fn queue_close_frame(&mut self, status: u16, pool: &mut Pool) {
        if let Reading::Messages(_) = self.reading {
            self.outbox.push_raw(&close_frame(status), pool);
        }
    }

    /// Ends the TLS stream, if there is one. The outbox must be empty.
    pub(super) fn end_tls(&mut self, pool: &mut Pool) -> Flushed {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
        }
        self.flush(pool)
    }

    /// Splits bytes from the socket into at most [`LINES_MAX`] lines.
    pub(super) fn receive(&mut self, input: &[u8], sink: &mut Sink<'_>) -> Result<(), CloseReason> {
        let Some(mut tls) = self.tls.take() else { return self.frame(input, sink) };
        let result = self.decrypt(&mut tls, input, sink);
        self.tls = Some(tls);
        result
    }

    /// Continues with the input that [`Connection::receive`] left in the backlog.
    pub(super) fn resume(&mut self, sink: &mut Sink<'_>) -> Result<(), CloseReason> {
        let backlog = std::mem::take(&mut self.backlog);
        self.frame(&backlog, sink)
    }

    fn decrypt(
        &mut self,
        tls: &mut ServerConnection,
        mut input: &[u8],
        sink: &mut Sink<'_>,
    ) -> Result<(), CloseReason> {
        let failed = |error: &dyn std::fmt::Display| CloseReason::Failed(format!("tls: {error}").into());
        let plain = std::mem::take(&mut sink.plain);
        while !input.is_empty() {
            tls.read_tls(&mut input).map_err(|error| failed(&error))?;
            tls.process_new_packets().map_err(|error| failed(&error))?;
            loop {
                match tls.reader().read(plain) {
                    // The remaining lines come first; then the socket reports the end again.
                    Ok(0) if !self.backlog.is_empty() => return Ok(()),
                    Ok(0) => return Err(CloseReason::Hangup),
                    Ok(count) => self.frame(&plain[..count], sink)?,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(failed(&error)),
                }
            }
        }
        Ok(())
    }

    fn frame(&mut self, input: &[u8], sink: &mut Sink<'_>) -> Result<(), CloseReason> {
        if sink.lines_left == 0 {
            self.backlog.extend_from_slice(input);
            return Ok(());
        }
        let Sink { session, inbox, lines_left, line_bytes_max, pool, .. } = sink;
        let emit = |line: Line<'_>| {
            inbox.received(*session, line);
            *lines_left -= 1;
            *lines_left > 0
        };
        let used = match &mut self.reading {
            Reading::Lines(framer) => framer.feed(input, *line_bytes_max, emit),
            Reading::Messages(decoder) => {
                let mut reply = Vec::new();
                let result = decoder.feed(input, *line_bytes_max, &mut reply, emit);
                if !reply.is_empty() {
                    self.outbox.push_raw(&reply, pool);
                }
                match result {
                    Ok(used) => used,
                    Err(end) => {
                        self.queue_close_frame(end.status, pool);
                        return Err(end.reason);
                    }
                }
            }
        };
        self.backlog.extend_from_slice(&input[used..]);
        Ok(())
    }
}

fn write_plain(socket: &Socket, bytes: &[u8], sent: &mut usize) -> io::Result<()> {
    while *sent < bytes.len() {
        match socket.try_write(&bytes[*sent..])? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            count => *sent += count,
        }
    }
    Ok(())
}

fn write_encrypted(
    socket: &Socket,
    tls: &mut ServerConnection,
    bytes: &[u8],
    sent: &mut usize,
) -> io::Result<()> {
    loop {
        while tls.wants_write() {
            if tls.write_tls(&mut Immediate(socket))? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        if *sent == bytes.len() {
            return Ok(());
        }
        let end = bytes.len().min(*sent + ENCRYPT_BYTES_MAX);
        match tls.writer().write(&bytes[*sent..end])? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            count => *sent += count,
        }
    }
}

//! One client's socket with what is read from it and written to it. Decides nothing: [`super::shard`]
//! says when to read, flush and close. Invariant: an idle connection holds no buffer.

use std::io::{self, Read, Write};
use std::task::Waker;

use tokio_rustls::rustls::ServerConnection;

use super::framing::Framer;
use super::gate::Permit;
use super::inbox::Inbox;
use super::outbox::{Outbox, Pool, Wrapping};
use super::socket::{Immediate, Socket};
use super::websocket::{Decoder, close_frame};
use crate::engine::{CloseReason, Line};
use crate::state::SessionId;

/// Plaintext that is encrypted at a time: two full records, so that few bytes wait in encrypted form,
/// where they are not counted.
const ENCRYPT_BYTES_MAX: usize = 32 * 1024;

/// Lines taken from a connection before the others, and the engine, have their turn: with the answers to
/// this many, it can be told to stop.
pub(super) const LINES_MAX: usize = 64;

/// Where a connection's lines go, and what is needed on the way.
#[derive(Debug)]
pub(super) struct Sink<'a> {
    pub(super) session: SessionId,
    pub(super) inbox: &'a mut Inbox,
    /// Lines that may still be handed over.
    pub(super) lines_left: usize,
    pub(super) line_bytes_max: usize,
    pub(super) pool: &'a mut Pool,
    /// Room for decrypted bytes.
    pub(super) plain: &'a mut [u8],
}

/// How bytes become lines.
#[derive(Debug)]
pub(super) enum Reading {
    Lines(Framer),
    Messages(Box<Decoder>),
}

/// What stands in the way of reading from a connection or writing to it.
#[derive(Debug, Default)]
pub(super) struct Status {
    /// In the shard's list of connections to flush.
    pub(super) dirty: bool,
    /// The socket takes no more at present; its task waits until it does.
    pub(super) blocked: bool,
    /// The engine wants no lines.
    pub(super) held: bool,
    /// The engine is to be told when the output has drained.
    pub(super) drain_due: bool,
    /// Answers to its own commands fill the outbox: nothing is read until it has drained.
    pub(super) paused: bool,
    /// No more is to be sent than what waits already.
    pub(super) closing: bool,
    /// All was sent and the peer was told; what still comes is read and dropped.
    pub(super) lingering: bool,
    /// Bytes dropped while lingering.
    pub(super) dropped_bytes: u32,
}

/// How far a flush came.
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
    /// Read, decrypted, but not yet taken apart: what exceeded [`LINES_MAX`] of one read.
    pub(super) backlog: Vec<u8>,
    pub(super) tls: Option<Box<ServerConnection>>,
    pub(super) waker: Option<Waker>,
    /// Its place among the connections the server may have, given back when it is dropped.
    _permit: Permit,
}

/// What came in the same packets as the end of the handshake: it is decrypted already, and no read of the
/// socket will announce it.
fn early_input(tls: &mut ServerConnection) -> Vec<u8> {
    let mut early = Vec::new();
    // Only "no more for now" can end it; an end of the stream shows at the next read.
    let _ = tls.reader().read_to_end(&mut early);
    early
}

impl Connection {
    pub(super) fn new(
        socket: Socket,
        permit: Permit,
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

    /// Has its task look at it again.
    pub(super) fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }

    /// Whether something is still to be expected of a client that was told goodbye: the rest of a line,
    /// or the close frame with which WebSocket clients answer ours.
    pub(super) fn may_speak(&self) -> bool {
        match &self.reading {
            Reading::Lines(framer) => !framer.is_between_lines(),
            Reading::Messages(_) => true,
        }
    }

    /// Writes what the socket takes now.
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

    /// Queues the transport's own farewell behind everything that waits.
    pub(super) fn queue_close_frame(&mut self, status: u16, pool: &mut Pool) {
        if let Reading::Messages(_) = self.reading {
            self.outbox.push_raw(&close_frame(status), pool);
        }
    }

    /// Ends the TLS stream, if there is one; to be called when the outbox is empty.
    pub(super) fn end_tls(&mut self, pool: &mut Pool) -> Flushed {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
        }
        self.flush(pool)
    }

    /// Takes bytes from the socket apart into lines, [`LINES_MAX`] at most.
    pub(super) fn receive(&mut self, input: &[u8], sink: &mut Sink<'_>) -> Result<(), CloseReason> {
        let Some(mut tls) = self.tls.take() else { return self.frame(input, sink) };
        let result = self.decrypt(&mut tls, input, sink);
        self.tls = Some(tls);
        result
    }

    /// Goes on with what [`Connection::receive`] left.
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
                    // The lines that are left come first; then the socket itself will say it.
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

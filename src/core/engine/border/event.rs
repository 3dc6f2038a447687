//! Everything that can happen to the engine, in one closed list.

use serde::{Deserialize, Serialize};

use super::call::{Call, CallId};
use super::job::JobAnswer;
use crate::config::{Config, Document};
use crate::i18n::Catalog;
use crate::state::SessionId;

pub use crate::state::Door;

/// The two clocks, read once per turn outside the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Now {
    /// Milliseconds on a clock that never jumps, used for deadlines.
    pub mono_ms: u64,
    /// Milliseconds since 1970-01-01T00:00:00Z, used for what users see and for ids.
    pub wall_ms: u64,
}

/// Something that happened outside.
#[derive(Debug)]
pub enum Event<'a> {
    /// A client connected to a listener that needs handshakes, and its address is known. Either
    /// [`super::Effect::Admit`] or [`super::Effect::Close`] must follow. Nothing can be sent to it yet.
    Accepted {
        /// The new session; its slot is free.
        session: SessionId,
        /// How it connected, as far as that is known before the handshakes.
        door: Box<Door>,
    },
    /// A client that was admitted has completed its TLS and WebSocket handshakes and can send lines. Ignored
    /// if its session has ended in the meantime.
    HandshakeDone {
        /// The session of [`Event::Accepted`].
        session: SessionId,
        /// How it connected.
        door: Box<Door>,
    },
    /// A client connected that was not [`Event::Accepted`] before, and can send lines: it needed no
    /// handshake, or its address was not known until the end of the handshake.
    Opened {
        /// The new session; its slot is free.
        session: SessionId,
        /// How it connected.
        door: Box<Door>,
    },
    /// A line arrived.
    Received {
        /// The session that sent it.
        session: SessionId,
        /// The line, without its line ending.
        line: Line<'a>,
    },
    /// The connection is closed; nothing more will arrive from it or can be sent to it.
    Closed {
        /// The session.
        session: SessionId,
        /// The reason.
        reason: CloseReason,
    },
    /// The session's unsent output fell below the mark at which a long answer may continue.
    Drained {
        /// The session.
        session: SessionId,
    },
    /// A job requested with [`super::Effect::Ask`] ended.
    Answered {
        /// The number that the request carried.
        ticket: Ticket,
        /// The result.
        answer: JobAnswer,
    },
    /// A program without a session made a call. [`super::Effect::Return`] follows, now or later.
    Called {
        /// The number to return with the result. No other call in progress has it.
        id: CallId,
        /// The program, as logs and notices name it.
        by: Box<str>,
        /// The call.
        call: Box<Call>,
    },
    /// The deadline of [`Engine::next_deadline_ms`](crate::engine::Engine::next_deadline_ms) passed.
    Elapsed,
    /// A new configuration was read and found valid.
    Reconfigured {
        /// The whole new configuration.
        config: Box<Config>,
        /// The texts that were read with it.
        texts: Box<Texts>,
    },
    /// The datastore has run out of room for new records, or has room again.
    StoreChanged {
        /// Whether new records of [`super::Effect::Persist`] can be stored.
        writable: bool,
    },
    /// The server is about to stop: all clients must be notified.
    Stopping {
        /// The text of the ERROR line.
        reason: &'a str,
    },
}

/// A line as the framing delivers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Line<'a> {
    /// Valid UTF-8.
    Text(&'a str),
    /// Not valid UTF-8.
    Bytes(&'a [u8]),
    /// The client sent more bytes without a line ending than any line may have; input was dropped.
    Overlong,
}

/// The reason why a connection was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CloseReason {
    /// The client closed it.
    Hangup,
    /// Reading or writing failed; the operating system's message.
    Failed(Box<str>),
    /// The client did not read: its unsent output exceeded `max-sendq`.
    SendqExceeded,
    /// A handshake failed or was not completed in time.
    Handshake,
    /// The WebSocket client violated the protocol; how it did so.
    Violation(Box<str>),
}

/// A number that links a job's answer to its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ticket(pub u64);

/// Texts from files beside the configuration, read again with it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Texts {
    /// The text from which the configuration was read; it can be read again.
    pub document: Document,
    /// Text of the MOTD file, if there is one.
    pub motd: Option<String>,
    /// Text of `address-blacklist-file`, if there is one.
    pub address_blacklist: Option<String>,
    /// The languages other than English, in the order in which they are announced.
    pub catalogs: Vec<Catalog>,
}

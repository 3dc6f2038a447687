//! Everything that can happen to the engine, in one closed list.

use serde::{Deserialize, Serialize};

use super::job::JobAnswer;
use crate::config::{Config, Document};
use crate::i18n::Catalogue;
use crate::state::SessionId;

pub use crate::state::Door;

/// The two clocks, read once per turn outside the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Now {
    /// Milliseconds of a clock that never jumps; what deadlines are counted in.
    pub mono_ms: u64,
    /// Milliseconds since 1970-01-01T00:00:00Z; what people and ids are shown.
    pub wall_ms: u64,
}

/// Something that happened outside.
#[derive(Debug)]
pub enum Event<'a> {
    /// A client connected where handshakes come first, and its address is known. Either
    /// [`super::Effect::Admit`] or [`super::Effect::Close`] must follow. Nothing can be said to it yet.
    Accepted {
        /// The new session; its slot is free.
        session: SessionId,
        /// How it comes in, as far as that shows before the handshakes.
        door: Box<Door>,
    },
    /// A client that was admitted is ready to talk: its TLS and WebSocket handshakes are over. When its session
    /// has ended meanwhile, nothing follows.
    HandshakeDone {
        /// The session of [`Event::Accepted`].
        session: SessionId,
        /// How it came in.
        door: Box<Door>,
    },
    /// A connection is ready to talk that was not [`Event::Accepted`] before: it needed no handshake, or its
    /// address was not known before the end of it.
    Opened {
        /// The new session; its slot is free.
        session: SessionId,
        /// How it came in.
        door: Box<Door>,
    },
    /// A line arrived.
    Received {
        /// Who sent it.
        session: SessionId,
        /// The line, without its line ending.
        line: Line<'a>,
    },
    /// The connection is gone; nothing more will be heard from it or can be sent to it.
    Closed {
        /// Which connection.
        session: SessionId,
        /// Why.
        reason: CloseReason,
    },
    /// The session's unsent output fell below the mark at which a long answer may go on.
    Drained {
        /// Which connection.
        session: SessionId,
    },
    /// A job asked for with [`super::Effect::Ask`] ended.
    Answered {
        /// The number the question carried.
        ticket: Ticket,
        /// What came of it.
        answer: JobAnswer,
    },
    /// The deadline of [`Engine::next_deadline_ms`](crate::engine::Engine::next_deadline_ms) passed.
    Elapsed,
    /// A new configuration was read and found valid.
    Reconfigured {
        /// The whole new configuration.
        config: Box<Config>,
        /// What was read along with it.
        texts: Box<Texts>,
    },
    /// The datastore has no room for new records, or has some again.
    StoreChanged {
        /// Whether what [`super::Effect::Persist`] adds can be kept.
        writable: bool,
    },
    /// The server is about to stop: everyone is to be told.
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

/// Why a connection is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CloseReason {
    /// The peer closed it.
    Hangup,
    /// Reading or writing failed; the operating system's words.
    Failed(Box<str>),
    /// It did not read what it was sent; its unsent output passed `max-sendq`.
    SendqExceeded,
    /// Its handshakes failed, or were not done in time.
    Handshake,
    /// The WebSocket peer broke the protocol; what it did.
    Violation(Box<str>),
}

/// Number that ties a job to who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ticket(pub u64);

/// Texts from files beside the configuration, read again with it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Texts {
    /// What the configuration itself was read from; it can be read again.
    pub document: Document,
    /// Text of the MOTD file, if there is one.
    pub motd: Option<String>,
    /// Text of `address-blacklist-file`, if there is one.
    pub address_blacklist: Option<String>,
    /// The languages other than English, in the order in which they are announced.
    pub catalogues: Vec<Catalogue>,
}

//! Sessions that wait: for a job, or for room for the rest of a long answer. Their later lines wait
//! with them, in order and bounded.

use std::collections::{HashMap, VecDeque};

use crate::state::SessionId;

use super::answer::Answer;
use super::cx::Pending;
use super::event::Ticket;

/// Bytes of lines that may wait for one session. Its reading stops at once when it begins to wait, so
/// only what had been read already comes here.
pub const BACKLOG_BYTES_MAX: usize = 256 << 10;

/// All waits, and which session each job was asked for. Never iterated.
#[derive(Debug, Default)]
pub struct WaitingList {
    /// By session.
    pub sessions: HashMap<SessionId, Waiting>,
    /// Jobs under way. A ticket outlives its session until the job is done.
    pub tickets: HashMap<Ticket, SessionId>,
}

/// One session's wait.
#[derive(Debug, Default)]
pub struct Waiting {
    held: Option<(Pending, Answer)>,
    lines: VecDeque<Waited>,
    bytes: usize,
}

/// A line that waits.
#[derive(Debug, PartialEq, Eq)]
pub enum Waited {
    /// Valid UTF-8.
    Text(String),
    /// Not valid UTF-8.
    Bytes(Vec<u8>),
}

impl Waiting {
    /// Begins to wait, or goes on waiting.
    pub fn hold(&mut self, pending: Pending, answer: Answer) {
        self.held = Some((pending, answer));
    }

    /// What is waited for.
    pub fn pending(&self) -> Option<&Pending> {
        self.held.as_ref().map(|(pending, _)| pending)
    }

    /// Stops waiting.
    pub fn resume(&mut self) -> Option<(Pending, Answer)> {
        self.held.take()
    }

    /// Adds a line; `false` when there is no room.
    #[must_use]
    pub fn push(&mut self, line: Waited) -> bool {
        let len = match &line {
            Waited::Text(text) => text.len(),
            Waited::Bytes(bytes) => bytes.len(),
        };
        self.bytes += len + 1;
        self.lines.push_back(line);
        self.bytes <= BACKLOG_BYTES_MAX
    }

    /// Takes the next line.
    pub fn pop(&mut self) -> Option<Waited> {
        self.lines.pop_front()
    }
}

/// What to do when a job is done.
#[derive(Debug)]
pub enum Continuation {
    /// The server password was compared.
    ServerPassword,
    /// The configuration was read again.
    Rehash,
    /// An operator's password was compared.
    Oper {
        /// The entry in `opers`.
        name: String,
    },
}

/// Where a long answer stands.
#[derive(Debug)]
pub enum Cursor {
    /// LIST.
    List(super::command::list::ListCursor),
    /// WHO.
    Who(super::command::who::WhoCursor),
    /// NAMES.
    Names(super::command::names::NamesCursor),
}

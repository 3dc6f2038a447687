//! Everything the engine can ask the outside to do, in one closed list, with the bytes beside it.

use std::ops::Range;

use super::call::{CallId, CallResult};
use super::event::Ticket;
use super::job::Job;
use crate::config::LogType;
use crate::history::Record;
use crate::state::SessionId;

/// Something that the outside must do. The effects of a turn are carried out in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send a line that others caused to any number of sessions. The line counts against `max-sendq`: a
    /// session that does not read is closed.
    Deliver {
        /// The line; see [`Effects::line`].
        line: Span,
        /// The recipients; see [`Effects::sessions`].
        to: Span,
    },
    /// Send a line that the session itself caused. It never closes the session: reading from it pauses
    /// instead.
    Answer {
        /// The recipient.
        to: SessionId,
        /// The line; see [`Effects::line`].
        line: Span,
    },
    /// Read no more lines from the session until [`Effect::Release`], and report with
    /// [`super::Event::Drained`] once its output has drained.
    Hold {
        /// The session.
        session: SessionId,
    },
    /// Read from the session again.
    Release {
        /// The session.
        session: SessionId,
    },
    /// Send the queued lines, then close the connection. No [`super::Event::Closed`] follows.
    Close {
        /// The session.
        session: SessionId,
    },
    /// Shake hands with a client that was [`super::Event::Accepted`].
    Admit {
        /// The session.
        session: SessionId,
    },
    /// Do a job and report with [`super::Event::Answered`].
    Ask {
        /// The number to return with the answer.
        ticket: Ticket,
        /// The job.
        job: Job,
    },
    /// Read the configuration again. If it is valid, report it with [`super::Event::Reconfigured`]; then,
    /// valid or not, report with [`super::Event::Answered`].
    Reload {
        /// The number to return with the answer.
        ticket: Ticket,
    },
    /// Return the result of a call.
    Return {
        /// The number of the call.
        id: CallId,
        /// The result.
        result: Box<CallResult>,
    },
    /// Store records. No output of this event or a later one may leave the process before they are stored.
    Persist {
        /// The changes, at most one for each record.
        writes: Vec<Write>,
        /// Whether they must survive a power failure; otherwise they only have to survive `kill -9`.
        flush: bool,
    },
    /// Store history permanently. Ignored if history is not stored.
    Record(Record),
    /// Write to the log.
    Note(Note),
    /// Count an attempt to log in.
    CountLogin(LoginOutcome),
}

/// How an attempt to log in ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginOutcome {
    /// The client is logged in.
    Accepted,
    /// The passphrase, certificate or proof was wrong, or there is no such account.
    Wrong,
    /// There were too many recent attempts.
    Throttled,
    /// Anything else: the account cannot be used, or the job could not be done.
    Refused,
}

impl LoginOutcome {
    /// All outcomes.
    pub const ALL: [LoginOutcome; 4] =
        [LoginOutcome::Accepted, LoginOutcome::Wrong, LoginOutcome::Throttled, LoginOutcome::Refused];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            LoginOutcome::Accepted => "accepted",
            LoginOutcome::Wrong => "wrong",
            LoginOutcome::Throttled => "throttled",
            LoginOutcome::Refused => "refused",
        }
    }
}

/// A change of the datastore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The record's key; see [`crate::state::record`].
    pub key: String,
    /// The record; `None` deletes it.
    pub value: Option<Vec<u8>>,
}

/// One log record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its importance.
    pub level: Level,
    /// Its type, by which logs select records.
    pub kind: LogType,
    /// The text, which says what happened.
    pub text: String,
}

/// The importance of a log record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Useful when looking for a fault.
    Debug,
    /// Useful to an operator.
    Info,
    /// Something is wrong.
    Warn,
    /// Something failed.
    Error,
}

/// A piece of one of the two buffers of [`Effects`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Returns the length: bytes of a line, or the number of recipients.
    pub fn len(self) -> usize {
        self.range().len()
    }

    /// Returns whether the length is 0.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// The effects of one turn. Lines and recipients are kept in two shared buffers, so that a recipient costs
/// a list entry and a line is stored once, however many recipients it has. Cleared and reused every turn.
#[derive(Debug, Default)]
pub struct Effects {
    list: Vec<Effect>,
    bytes: Vec<u8>,
    sessions: Vec<SessionId>,
    /// Whether the list has an [`Effect::Persist`], and whether it has one that must be flushed.
    persists: bool,
    flushes: bool,
    /// Whether the list has an [`Effect::Record`].
    has_records: bool,
}

impl Effects {
    /// Returns the effects, in the order in which they must be carried out.
    pub fn list(&self) -> &[Effect] {
        &self.list
    }

    /// Returns a line, without its line ending. It is always valid UTF-8.
    pub fn line(&self, span: Span) -> &[u8] {
        &self.bytes[span.range()]
    }

    /// Returns the recipients of an [`Effect::Deliver`].
    pub fn sessions(&self, span: Span) -> &[SessionId] {
        &self.sessions[span.range()]
    }

    /// Returns whether there are no effects.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns the number of bytes of all lines so far.
    pub fn bytes_len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns whether there are changes to records of the datastore.
    pub fn persists(&self) -> bool {
        self.persists
    }

    /// Returns whether there is history to store.
    pub fn has_records(&self) -> bool {
        self.has_records
    }

    /// Returns the history to store, in order.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.list.iter().filter_map(|effect| match effect {
            Effect::Record(record) => Some(record),
            _ => None,
        })
    }

    /// Takes out all changes to records, the last one for each record. Returns them, and whether they must be
    /// flushed.
    pub fn take_writes(&mut self) -> (Vec<Write>, bool) {
        let flush = self.flushes;
        (self.persists, self.flushes) = (false, false);
        let mut all: Vec<Write> = Vec::new();
        for effect in &mut self.list {
            if let Effect::Persist { writes, .. } = effect {
                all.append(writes);
            }
        }
        // Sorting is stable, so the last write of each record stays last.
        all.sort_by(|one, other| one.key.cmp(&other.key));
        all.reverse();
        all.dedup_by(|next, kept| next.key == kept.key);
        (all, flush)
    }

    /// Returns the memory that the effects use, in bytes, without the contents of jobs and log records.
    pub fn memory_bytes(&self) -> usize {
        self.bytes.len() + size_of_val(&self.list[..]) + size_of_val(&self.sessions[..])
    }

    /// Removes everything but keeps the memory for the next turn.
    pub fn clear(&mut self) {
        self.list.clear();
        self.bytes.clear();
        self.sessions.clear();
        (self.persists, self.flushes, self.has_records) = (false, false, false);
    }

    /// Adds an effect without a line.
    pub fn push(&mut self, effect: Effect) {
        self.persists |= matches!(effect, Effect::Persist { .. });
        self.flushes |= matches!(effect, Effect::Persist { flush: true, .. });
        self.has_records |= matches!(effect, Effect::Record(_));
        self.list.push(effect);
    }

    /// Adds the line that `write` writes. `write` must only append to the buffer.
    pub fn add_line(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Span {
        let start = self.bytes.len() as u32;
        write(&mut self.bytes);
        Span { start, end: self.bytes.len() as u32 }
    }

    /// Adds a line for any number of sessions; does nothing if there are none.
    pub fn deliver(&mut self, line: Span, to: &[SessionId]) {
        if to.is_empty() {
            return;
        }
        let start = self.sessions.len() as u32;
        self.sessions.extend_from_slice(to);
        self.list.push(Effect::Deliver { line, to: Span { start, end: self.sessions.len() as u32 } });
    }

    /// Adds a line for the session that caused it.
    pub fn answer(&mut self, to: SessionId, line: Span) {
        self.list.push(Effect::Answer { to, line });
    }
}

//! Everything the engine can want done, in one closed list, with the bytes beside it.

use std::ops::Range;

use super::event::Ticket;
use super::job::Job;
use crate::history::Record;
use crate::state::SessionId;

/// What the outside is to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send a line that others caused to many sessions. Counts against `max-sendq`: a session that
    /// does not read is closed.
    Deliver {
        /// The line; see [`Effects::line`].
        line: Span,
        /// The recipients; see [`Effects::sessions`].
        to: Span,
    },
    /// Send a line that the session itself caused. Never closes it: reading from it pauses instead.
    Answer {
        /// The recipient.
        to: SessionId,
        /// The line; see [`Effects::line`].
        line: Span,
    },
    /// Read no more lines from the session until [`Effect::Release`]. Once its output has drained,
    /// [`super::Event::Drained`] is due.
    Hold {
        /// Which connection.
        session: SessionId,
    },
    /// Read from the session again.
    Release {
        /// Which connection.
        session: SessionId,
    },
    /// Send what is queued, then close. No [`super::Event::Closed`] follows.
    Close {
        /// Which connection.
        session: SessionId,
    },
    /// Shake hands with a client that was [`super::Event::Accepted`].
    Admit {
        /// Which connection.
        session: SessionId,
    },
    /// Do a job and report with [`super::Event::Answered`].
    Ask {
        /// To be returned with the answer.
        ticket: Ticket,
        /// What to do.
        job: Job,
    },
    /// Read the configuration again. If it is right, [`super::Event::Reconfigured`] is due; then, whatever
    /// came of it, [`super::Event::Answered`].
    Reload {
        /// To be returned with the answer.
        ticket: Ticket,
    },
    /// Store records. Nothing that is said in or after this event may leave the process before.
    Persist {
        /// What changed; one record at most once.
        writes: Vec<Write>,
        /// Whether a power failure must not take it back; otherwise it is enough that `kill -9` does not.
        flush: bool,
    },
    /// Store history for good. Where none is stored, nothing happens.
    Record(Record),
    /// Write to the log.
    Note(Note),
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
    /// How important.
    pub level: Level,
    /// The log type, one of `config`'s list: `connect`, `opers`, `channels`, …
    pub kind: &'static str,
    /// What happened.
    pub text: String,
}

/// Importance of a log record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For someone looking for a fault.
    Debug,
    /// What an operator may want to know.
    Info,
    /// Something is not as it should be.
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

    /// How long it is: bytes of a line, or recipients.
    pub fn len(self) -> usize {
        self.range().len()
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// The effects of one turn. Lines and recipients lie in two shared buffers, so that a recipient costs
/// a list entry and a line is stored once however many get it. Cleared and used again every turn.
#[derive(Debug, Default)]
pub struct Effects {
    list: Vec<Effect>,
    bytes: Vec<u8>,
    sessions: Vec<SessionId>,
    /// Whether an [`Effect::Persist`] is among them, and whether one is to be flushed.
    persists: bool,
    flushes: bool,
    /// Whether an [`Effect::Record`] is among them.
    has_records: bool,
}

impl Effects {
    /// The effects, in the order in which they are to be carried out.
    pub fn list(&self) -> &[Effect] {
        &self.list
    }

    /// A line, without its line ending. Always valid UTF-8.
    pub fn line(&self, span: Span) -> &[u8] {
        &self.bytes[span.range()]
    }

    /// The recipients of a [`Effect::Deliver`].
    pub fn sessions(&self, span: Span) -> &[SessionId] {
        &self.sessions[span.range()]
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Bytes of all lines so far.
    pub fn bytes_len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether records are to be changed.
    pub fn persists(&self) -> bool {
        self.persists
    }

    /// Whether history is to be stored.
    pub fn has_records(&self) -> bool {
        self.has_records
    }

    /// The history to be stored, in its order.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.list.iter().filter_map(|effect| match effect {
            Effect::Record(record) => Some(record),
            _ => None,
        })
    }

    /// Takes all changes to records out: of each record, the last. Returns them with whether they are to be flushed.
    pub fn take_writes(&mut self) -> (Vec<Write>, bool) {
        let flush = self.flushes;
        (self.persists, self.flushes) = (false, false);
        let mut all: Vec<Write> = Vec::new();
        for effect in &mut self.list {
            if let Effect::Persist { writes, .. } = effect {
                all.append(writes);
            }
        }
        // Sorting is stable: of a record, the last write stays last.
        all.sort_by(|one, other| one.key.cmp(&other.key));
        all.reverse();
        all.dedup_by(|next, kept| next.key == kept.key);
        (all, flush)
    }

    /// Memory they take, in bytes, but for what jobs and log records hold.
    pub fn memory_bytes(&self) -> usize {
        self.bytes.len() + size_of_val(&self.list[..]) + size_of_val(&self.sessions[..])
    }

    /// Forgets everything but keeps the memory for the next turn.
    pub fn clear(&mut self) {
        self.list.clear();
        self.bytes.clear();
        self.sessions.clear();
        (self.persists, self.flushes, self.has_records) = (false, false, false);
    }

    /// Adds an effect that carries no line.
    pub fn push(&mut self, effect: Effect) {
        self.persists |= matches!(effect, Effect::Persist { .. });
        self.flushes |= matches!(effect, Effect::Persist { flush: true, .. });
        self.has_records |= matches!(effect, Effect::Record(_));
        self.list.push(effect);
    }

    /// Adds a line by writing it: `write` appends to the buffer, which it must not otherwise touch.
    pub fn add_line(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Span {
        let start = self.bytes.len() as u32;
        write(&mut self.bytes);
        Span { start, end: self.bytes.len() as u32 }
    }

    /// Adds a line for many sessions; nothing happens when there are none.
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

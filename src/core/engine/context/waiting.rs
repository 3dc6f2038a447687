//! Sessions that wait: for a job, for room for the rest of a long answer, or because they send too fast. Their later lines wait
//! with them, in order and bounded.

use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::engine::border::{Effect, Effects, JobAnswer, Line, Ticket};
use crate::state::SessionId;
use crate::state::codec::sorted;

use super::answer::Answer;
use super::cx::Cx;
use super::refusal::Outcome;
use super::timers::Timers;

/// Bytes of lines that may wait for one session. Its reading stops at once when it begins to wait, so
/// only what had been read already comes here.
pub const BACKLOG_BYTES_MAX: usize = 256 << 10;

/// How exactly sessions are paced, in milliseconds.
const PACE_STEP_MS: u64 = 10;

/// What waits can be stored: every implementor of the two traits below has a row in `stored::waiting`, and
/// one that implements both has two.
pub trait Stored<As> {
    /// Appends its kind, and what it holds.
    fn put(&self, out: &mut Vec<u8>);
}

/// Marks what is stored as a [`Resume`].
#[derive(Debug)]
pub enum AsResume {}

/// Marks what is stored as a [`LongAnswer`].
#[derive(Debug)]
pub enum AsLongAnswer {}

/// What a command does once a job is done. An implementor is plain data: it may outlive the handler by minutes.
pub trait Resume: Debug + Send + Stored<AsResume> {
    /// Goes on with the answer of the job. The session is still there, but anything else may have changed.
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome;
}

/// An answer given piece by piece as its client reads. An implementor is plain data, a cursor: it finds its place again
/// whatever has changed between two pieces.
pub trait LongAnswer: Debug + Send + Stored<AsLongAnswer> {
    /// Gives the next lines. Continues with the number of things looked at for them, or breaks once the answer is
    /// complete. A step may ask for a job; then it breaks, and what resumes goes on.
    fn step(&mut self, cx: &mut Cx<'_>) -> ControlFlow<(), usize>;

    /// The archive has just failed to answer: an answer that the client did not ask for does without it, instead of
    /// waiting for it again.
    fn skip_archive(&mut self) {}
}

/// Why a command goes on later.
#[derive(Debug, Serialize, Deserialize)]
pub enum Pending {
    /// Until a job is done.
    Job(Ticket, Box<dyn Resume>),
    /// Until there is room for more of a long answer.
    Room(Box<dyn LongAnswer>),
    /// Until the next command may be served, milliseconds of the clock that never jumps.
    Pace(u64),
    /// Until the client has read what it was answered.
    Drain,
}

/// What a session is held with.
#[derive(Debug, Serialize, Deserialize)]
pub struct Held {
    /// What it waits for.
    pub pending: Pending,
    /// Long answers that follow, in this order.
    pub later: VecDeque<Box<dyn LongAnswer>>,
    /// The answer that is not complete.
    pub answer: Answer,
}

/// All waits, and which session each job was asked for. Never iterated.
#[derive(Debug, Serialize, Deserialize)]
pub struct WaitingList {
    /// By session.
    #[serde(with = "sorted")]
    pub sessions: HashMap<SessionId, Waiting>,
    /// Jobs under way. A ticket outlives its session until the job is done.
    #[serde(with = "sorted")]
    pub tickets: HashMap<Ticket, SessionId>,
    /// Jobs without a waiting session, and their continuations.
    #[serde(with = "sorted")]
    pub aside: HashMap<Ticket, (SessionId, Box<dyn Resume>)>,
    /// When sessions that send too fast go on. An entry may outlive its wait.
    pub paced: Timers,
}

impl Default for WaitingList {
    fn default() -> Self {
        let (sessions, tickets, aside) = Default::default();
        WaitingList { sessions, tickets, aside, paced: Timers::every(PACE_STEP_MS) }
    }
}

impl WaitingList {
    /// Makes a session wait, unless it waits for something already.
    pub fn hold(&mut self, session: SessionId, pending: Pending, out: &mut Effects) {
        let waiting = self.sessions.entry(session).or_default();
        if waiting.pending().is_none() {
            let later = VecDeque::new();
            waiting.hold(Held { pending, later, answer: Answer::new(session, None) });
            out.push(Effect::Hold { session });
        }
    }
}

/// One session's wait.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Waiting {
    held: Option<Held>,
    lines: VecDeque<Waited>,
    bytes: usize,
}

/// A line that waits.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Waited {
    /// Valid UTF-8.
    Text(String),
    /// Not valid UTF-8.
    Bytes(Vec<u8>),
    /// Longer than any line may be.
    Overlong,
}

impl Waited {
    /// As it came.
    pub fn as_line(&self) -> Line<'_> {
        match self {
            Waited::Text(text) => Line::Text(text),
            Waited::Bytes(bytes) => Line::Bytes(bytes),
            Waited::Overlong => Line::Overlong,
        }
    }

    fn bytes(&self) -> usize {
        let len = match self {
            Waited::Text(text) => text.len(),
            Waited::Bytes(bytes) => bytes.len(),
            Waited::Overlong => 0,
        };
        len + 1
    }
}

impl Waiting {
    /// Begins to wait, or goes on waiting.
    pub fn hold(&mut self, held: Held) {
        self.held = Some(held);
    }

    /// What is waited for.
    pub fn pending(&self) -> Option<&Pending> {
        self.held.as_ref().map(|held| &held.pending)
    }

    /// Stops waiting.
    pub fn resume(&mut self) -> Option<Held> {
        self.held.take()
    }

    /// Stops waiting for a moment, unless it is only paced: that ends by itself.
    pub fn interrupt(&mut self) -> Option<Held> {
        self.held.take_if(|held| !matches!(held.pending, Pending::Pace(_)))
    }

    /// Adds a line; `false` when there is no room.
    #[must_use]
    pub fn push(&mut self, line: Waited) -> bool {
        self.bytes += line.bytes();
        self.lines.push_back(line);
        self.bytes <= BACKLOG_BYTES_MAX
    }

    /// Puts the line back that is to be served first.
    pub fn put_back(&mut self, line: Waited) {
        self.bytes += line.bytes();
        self.lines.push_front(line);
    }

    /// Takes the next line.
    pub fn pop(&mut self) -> Option<Waited> {
        let line = self.lines.pop_front()?;
        self.bytes -= line.bytes();
        Some(line)
    }
}

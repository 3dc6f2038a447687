//! Sessions that wait: for a job, for room for the rest of a long answer, or because they send too fast.
//! Their later lines wait with them, in order, up to a limit.

use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::engine::border::{CallAnswer, CallId, CallRefused, Effect, Effects, JobAnswer, Line, Ticket};
use crate::state::SessionId;
use crate::state::codec::sorted;

use super::answer::Answer;
use super::cx::Cx;
use super::refusal::Outcome;
use super::timers::Timers;
use super::turn::Turn;

/// Limit on bytes of lines that wait for one session. Reading from it stops as soon as it waits, so only
/// lines that had already been read are added.
pub const BACKLOG_BYTES_MAX: usize = 256 << 10;

/// Resolution of the timers that pace sessions, in milliseconds.
const PACE_STEP_MS: u64 = 10;

/// A continuation that can be stored in a snapshot. Every implementor of the three traits below has a row in
/// `stored::waiting`; a type that implements several has one for each.
pub trait Stored<As> {
    /// Appends the number of its kind, and its content.
    fn put(&self, out: &mut Vec<u8>);
}

/// Marks a type that is stored as a [`Resume`].
#[derive(Debug)]
pub enum AsResume {}

/// Marks a type that is stored as a [`LongAnswer`].
#[derive(Debug)]
pub enum AsLongAnswer {}

/// Marks a type that is stored as a [`ResumeCall`].
#[derive(Debug)]
pub enum AsResumeCall {}

/// The continuation of a command once a job is done. An implementor is plain data: it may outlive the handler
/// by minutes.
pub trait Resume: Debug + Send + Stored<AsResume> {
    /// Continues with the answer of the job. The session still exists, but everything else may have changed.
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome;
}

/// How far a call has got: answered, or (`None`) waiting for a job.
pub type CallOutcome = Result<Option<CallAnswer>, CallRefused>;

/// The continuation of a call once a job is done. An implementor is plain data, like that of [`Resume`].
pub trait ResumeCall: Debug + Send + Stored<AsResumeCall> {
    /// Continues with the answer of the job.
    fn resume(self: Box<Self>, turn: &mut Turn<'_>, id: CallId, answer: &JobAnswer) -> CallOutcome;
}

/// An answer that is sent piece by piece as the client reads. An implementor is a cursor and plain data: it
/// finds its place again, whatever has changed between two pieces.
pub trait LongAnswer: Debug + Send + Stored<AsLongAnswer> {
    /// Sends the next lines. Continues with the number of entries examined for them, or breaks once the
    /// answer is complete. A step may request a job; then it breaks, and the continuation of the job goes on
    /// with the answer.
    fn step(&mut self, cx: &mut Cx<'_>) -> ControlFlow<(), usize>;

    /// Reports that the archive has just failed to answer. An answer that the client did not request then
    /// continues without the archive instead of waiting for it again.
    fn skip_archive(&mut self) {}
}

/// The reason why a command continues later.
#[derive(Debug, Serialize, Deserialize)]
pub enum Pending {
    /// Until a job is done.
    Job(Ticket, Box<dyn Resume>),
    /// Until there is room for more of a long answer.
    Room(Box<dyn LongAnswer>),
    /// Until the next command may be served, in milliseconds of the monotonic clock.
    Pace(u64),
    /// Until the client has read its answers.
    Drain,
}

/// The work of a session that is held.
#[derive(Debug, Serialize, Deserialize)]
pub struct Held {
    /// What it waits for.
    pub pending: Pending,
    /// Long answers that follow after it, in this order.
    pub later: VecDeque<Box<dyn LongAnswer>>,
    /// The incomplete answer.
    pub answer: Answer,
}

/// All sessions that wait, and the sessions for which jobs were requested. Never iterated.
#[derive(Debug, Serialize, Deserialize)]
pub struct WaitingList {
    /// The waiting sessions.
    #[serde(with = "sorted")]
    pub sessions: HashMap<SessionId, Waiting>,
    /// Jobs in progress. A ticket stays until the job is done, even if its session ends.
    #[serde(with = "sorted")]
    pub tickets: HashMap<Ticket, SessionId>,
    /// Jobs without a waiting session, and their continuations.
    #[serde(with = "sorted")]
    pub aside: HashMap<Ticket, (SessionId, Box<dyn Resume>)>,
    /// Jobs of calls, and their continuations.
    #[serde(with = "sorted")]
    pub calls: HashMap<Ticket, (CallId, Box<dyn ResumeCall>)>,
    /// The times at which sessions that send too fast continue. An entry may outlive its wait.
    pub paced: Timers,
}

impl Default for WaitingList {
    fn default() -> Self {
        let (sessions, tickets, aside, calls) = Default::default();
        WaitingList { sessions, tickets, aside, calls, paced: Timers::every(PACE_STEP_MS) }
    }
}

impl WaitingList {
    /// Makes a session wait, unless it already waits for something.
    pub fn hold(&mut self, session: SessionId, pending: Pending, out: &mut Effects) {
        let waiting = self.sessions.entry(session).or_default();
        if waiting.pending().is_none() {
            let later = VecDeque::new();
            waiting.hold(Held { pending, later, answer: Answer::new(session, None) });
            out.push(Effect::Hold { session });
        }
    }
}

/// The wait of one session.
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
    /// Returns the line as it was received.
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
    /// Starts to wait, or continues to wait.
    pub fn hold(&mut self, held: Held) {
        self.held = Some(held);
    }

    /// Returns what the session waits for.
    pub fn pending(&self) -> Option<&Pending> {
        self.held.as_ref().map(|held| &held.pending)
    }

    /// Stops waiting.
    pub fn resume(&mut self) -> Option<Held> {
        self.held.take()
    }

    /// Stops waiting for a moment, unless the session is only paced: that wait ends by itself.
    pub fn interrupt(&mut self) -> Option<Held> {
        self.held.take_if(|held| !matches!(held.pending, Pending::Pace(_)))
    }

    /// Adds a line; returns `false` if the limit is exceeded.
    #[must_use]
    pub fn push(&mut self, line: Waited) -> bool {
        self.bytes += line.bytes();
        self.lines.push_back(line);
        self.bytes <= BACKLOG_BYTES_MAX
    }

    /// Puts back the line that must be served first.
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

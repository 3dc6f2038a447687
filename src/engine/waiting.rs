//! Sessions that wait: for a job, for room for the rest of a long answer, or because they send too fast. Their later lines wait
//! with them, in order and bounded.

use std::collections::{HashMap, VecDeque};

use crate::auth::Login;
use crate::state::SessionId;

use super::answer::Answer;
use super::cx::Pending;
use super::event::{Line, Ticket};
use super::login::register::Wish;
use super::timers::Timers;

/// Bytes of lines that may wait for one session. Its reading stops at once when it begins to wait, so
/// only what had been read already comes here.
pub const BACKLOG_BYTES_MAX: usize = 256 << 10;

/// How exactly sessions are paced, in milliseconds.
const PACE_STEP_MS: u64 = 10;

/// All waits, and which session each job was asked for. Never iterated.
#[derive(Debug)]
pub struct WaitingList {
    /// By session.
    pub sessions: HashMap<SessionId, Waiting>,
    /// Jobs under way. A ticket outlives its session until the job is done.
    pub tickets: HashMap<Ticket, SessionId>,
    /// Jobs that nobody waits for, and what comes after.
    pub aside: HashMap<Ticket, (SessionId, Continuation)>,
    /// When sessions that send too fast go on. An entry may outlive its wait.
    pub paced: Timers,
}

impl Default for WaitingList {
    fn default() -> Self {
        let (sessions, tickets, aside) = Default::default();
        WaitingList { sessions, tickets, aside, paced: Timers::every(PACE_STEP_MS) }
    }
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

/// What to do when a job is done.
#[derive(Debug)]
pub enum Continuation {
    /// The server password was compared.
    ServerPassword,
    /// NickServ goes on.
    NickServ(super::service::nickserv::Next),
    /// The configuration was read again.
    Rehash,
    /// Something was found out about where a client comes from.
    Arrival(super::arrival::Question),
    /// A gateway's password was compared.
    Webirc(Box<super::command::webirc::Claim>),
    /// An operator's password was compared.
    Oper {
        /// The entry in `opers`.
        name: String,
    },
    /// A login by SASL was checked.
    Sasl(Login),
    /// A login by certificate was checked.
    Certificate(Login),
    /// A login by PASS or USER was checked.
    Pass(Login),
    /// Pages of history were found; they are told in this order.
    History(VecDeque<super::replay::Step>),
    /// Targets of CHATHISTORY were found.
    HistoryTargets(Box<super::command::chathistory::Wanted>),
    /// A message that is to be taken back was found.
    Redaction(Box<super::redaction::Redaction>),
    /// What an account said was written to a file.
    Exported {
        /// The account.
        account: String,
        /// The file.
        name: String,
    },
    /// A new account's passphrase was hashed.
    AccountHashed(Box<Wish>),
    /// A new account's code was mailed.
    CodeMailed(Box<Wish>),
}

/// Where a long answer stands.
#[derive(Debug)]
pub enum Cursor {
    /// NickServ's LIST.
    Accounts(super::service::nickserv::info::AccountsCursor),
    /// HistServ's FORGET.
    Forget(super::service::histserv::ForgetCursor),
    /// LIST.
    List(super::command::list::ListCursor),
    /// WHO.
    Who(super::command::who::WhoCursor),
    /// The lists of ChanServ.
    Channels(super::service::chanserv::ChannelsCursor),
    /// NAMES.
    Names(super::command::names::NamesCursor),
}

//! Where the engine hands over what is to be stored and asked: a queue in memory, in front of the spool.
//!
//! Invariants: handing over costs a lock and a push, never a wait; the queue is bounded in bytes, and what
//! does not fit is counted and dropped; entries leave in the order in which they came.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::engine::Ticket;
use crate::history::{HistoryKey, Query, Record};

/// Bytes of records that may wait for the spool.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Questions that wait for an answer, wherever they are.
const QUESTIONS_MAX: usize = 256;
/// What a record and a target take besides their texts, about.
const RECORD_BYTES: usize = 96;
/// How long records gather before they are written, when nobody waits for it.
const GATHER_TIME: Duration = Duration::from_millis(5);

/// Something that was handed over.
#[derive(Debug)]
pub(super) enum Entry {
    /// The records of one turn.
    Records(Vec<Record>),
    /// A question.
    Question(Question),
}

/// A question on its way.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) ticket: Ticket,
    pub(super) query: Box<Query>,
    pub(super) since: Instant,
}

/// What the writer takes out at once.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) entries: VecDeque<Entry>,
    /// The number of the last push among them.
    pub(super) pushed: u64,
    /// Records that did not fit since the last batch.
    pub(super) dropped: u64,
}

/// The queue, and how far its entries have come.
#[derive(Debug)]
pub(super) struct Intake {
    state: Mutex<State>,
    /// For the writer.
    filled: Condvar,
    /// For the one that makes it durable.
    written: Condvar,
}

#[derive(Debug)]
struct State {
    entries: VecDeque<Entry>,
    bytes: usize,
    dropped: u64,
    /// Questions without an answer.
    questions: usize,
    /// Number of the last push, of the last in the spool, and of the last that is durable there.
    pushed: u64,
    written: u64,
    synced: u64,
    /// Someone wants to hear of `filled`.
    is_awaited: bool,
    /// What waits should be written at once.
    is_urgent: bool,
    is_stopping: bool,
    /// Nothing more will be written.
    is_closed: bool,
    waker: Option<Waker>,
}

impl Intake {
    pub(super) fn new() -> Intake {
        let state = State {
            entries: VecDeque::new(),
            bytes: 0,
            dropped: 0,
            questions: 0,
            pushed: 0,
            written: 0,
            synced: 0,
            is_awaited: false,
            is_urgent: false,
            is_stopping: false,
            is_closed: false,
            waker: None,
        };
        Intake { state: Mutex::new(state), filled: Condvar::new(), written: Condvar::new() }
    }

    /// Hands over the records of a turn; gives the number that [`Intake::synced`] will reach. With `urgent`,
    /// someone waits for it.
    pub(super) fn push(&self, records: Vec<Record>, urgent: bool) -> u64 {
        let bytes: usize = records.iter().map(record_bytes).sum();
        let mut state = self.lock();
        state.pushed += 1;
        if state.bytes + bytes > QUEUE_BYTES_MAX {
            state.dropped += records.len() as u64;
        } else {
            state.bytes += bytes;
            state.entries.push_back(Entry::Records(records));
        }
        state.is_urgent |= urgent;
        let pushed = state.pushed;
        self.notify(state);
        pushed
    }

    /// Hands over a question; false when too many wait.
    pub(super) fn ask(&self, ticket: Ticket, query: Box<Query>) -> bool {
        let mut state = self.lock();
        if state.questions >= QUESTIONS_MAX || state.is_stopping {
            return false;
        }
        state.questions += 1;
        state.is_urgent = true;
        state.entries.push_back(Entry::Question(Question { ticket, query, since: Instant::now() }));
        self.notify(state);
        true
    }

    /// A question was answered.
    pub(super) fn answered(&self) {
        self.lock().questions -= 1;
    }

    /// Waits for entries; none when there are none and none will come.
    pub(super) fn take(&self) -> Option<Batch> {
        let mut state = self.lock();
        while state.pushed == state.written && state.entries.is_empty() {
            if state.is_stopping {
                return None;
            }
            state.is_awaited = true;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let gathered = Instant::now() + GATHER_TIME;
        while !state.is_urgent && !state.is_stopping {
            let Some(left) = gathered.checked_duration_since(Instant::now()) else { break };
            let waited = self.filled.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        (state.bytes, state.is_urgent) = (0, false);
        let (entries, dropped) = (std::mem::take(&mut state.entries), std::mem::take(&mut state.dropped));
        Some(Batch { entries, pushed: state.pushed, dropped })
    }

    /// Takes out the questions that wait: they cannot be answered now.
    pub(super) fn take_questions(&self) -> Vec<Question> {
        take_questions(&mut self.lock().entries)
    }

    /// All up to a push is in the spool.
    pub(super) fn written(&self, pushed: u64) {
        self.lock().written = pushed;
        self.written.notify_one();
    }

    /// Nothing more will be written.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.written.notify_one();
    }

    /// Waits until something was written and the interval since `last` is over; then says up to
    /// which push the spool is to be made durable. None when all is durable and nothing more will come.
    pub(super) fn next_sync(&self, last: Instant, interval: impl Fn() -> Duration) -> Option<u64> {
        let mut state = self.lock();
        loop {
            if state.written == state.synced {
                if state.is_closed {
                    return None;
                }
                state = self.written.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            match (last + interval()).checked_duration_since(Instant::now()) {
                Some(left) if !state.is_closed && !left.is_zero() => {
                    let waited = self.written.wait_timeout(state, left);
                    (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
                }
                _ => return Some(state.written),
            }
        }
    }

    /// All up to a push is durable, or will not be.
    pub(super) fn set_synced(&self, pushed: u64) {
        let mut state = self.lock();
        state.synced = state.synced.max(pushed);
        if let Some(waker) = state.waker.take() {
            drop(state);
            waker.wake();
        }
    }

    /// The disk fails: nobody is to wait for it. Gives whether the server stops.
    pub(super) fn let_out(&self) -> bool {
        let (pushed, is_stopping) = {
            let state = self.lock();
            (state.pushed, state.is_stopping)
        };
        self.set_synced(pushed);
        is_stopping
    }

    /// The last push that is durable with all before it.
    pub(super) fn synced(&self) -> u64 {
        self.lock().synced
    }

    /// Waits until it is another than `seen`. One task at a time can wait.
    pub(super) fn poll_synced(&self, cx: &mut Context<'_>, seen: u64) -> Poll<u64> {
        let mut state = self.lock();
        if state.synced != seen {
            return Poll::Ready(state.synced);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// The writer is to end when it is done.
    pub(super) fn stop(&self) {
        self.lock().is_stopping = true;
        self.filled.notify_one();
    }

    /// Wakes the writer if it waits: a call to the system that most turns can do without.
    fn notify(&self, mut state: MutexGuard<'_, State>) {
        let wakes = state.is_awaited || state.is_urgent;
        state.is_awaited = false;
        drop(state);
        if wakes {
            self.filled.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the questions out of some entries.
pub(super) fn take_questions(entries: &mut VecDeque<Entry>) -> Vec<Question> {
    let (questions, others) = std::mem::take(entries)
        .into_iter()
        .partition::<Vec<Entry>, _>(|entry| matches!(entry, Entry::Question(_)));
    *entries = others.into();
    let question = |entry| match entry {
        Entry::Question(question) => Some(question),
        Entry::Records(_) => None,
    };
    questions.into_iter().filter_map(question).collect()
}

/// Memory that a record takes, about.
fn record_bytes(record: &Record) -> usize {
    let text = |target: &HistoryKey| match target {
        HistoryKey::Channel(name) => name.len(),
        HistoryKey::Conversation { owner, with } => owner.len() + with.len(),
    };
    let targets =
        |targets: &[HistoryKey]| targets.iter().map(|target| RECORD_BYTES + text(target)).sum::<usize>();
    RECORD_BYTES
        + match record {
            Record::Keep { item, targets: at, .. } => item.as_bytes().len() + targets(at),
            Record::Delete { targets: at, .. } => targets(at),
            Record::Forget { account } => account.len(),
        }
}

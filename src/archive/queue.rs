//! Where the engine hands over what is to be stored and asked.
//!
//! Usually a push writes its records to the spool itself and returns when they are there, so that no client
//! is told anything that `kill -9` could take back. While the disk fails, or is too slow to wait for, pushes
//! go to a queue in memory, and the [`backlog`](super::backlog) thread writes them. Invariants: only one of
//! the two has the [`Spool`]; the queue is bounded in bytes, and what does not fit is counted and dropped;
//! records and questions keep their order.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::responder::Asked;
use super::spool::Spool;
use crate::engine::Ticket;
use crate::history::{HistoryKey, Query, Record};

/// Bytes of records that may wait for the spool.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Questions that may wait for an answer.
const QUESTIONS_MAX: usize = 256;
/// Memory of a record and of a key besides their texts, about.
const RECORD_BYTES: usize = 96;
/// A write that takes longer stalls everyone for too long: the next ones are queued.
pub(super) const WRITE_TIME_MAX: Duration = Duration::from_millis(250);
/// A disk that takes longer to make the spool durable may soon block writes, too.
const SYNC_TIME_MAX: Duration = Duration::from_secs(3);
/// How long an idle queue waits before a slow disk is tried again.
const SLOW_TIME: Duration = Duration::from_secs(1);

/// Something that waits for the spool.
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

/// What waits for the spool.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) entries: VecDeque<Entry>,
    /// The number of the last push among them.
    pub(super) pushed: u64,
    /// Records that did not fit into the queue since the last batch.
    pub(super) dropped: u64,
}

/// The queue, and how far its entries have come.
#[derive(Debug)]
pub(super) struct RecordQueue {
    state: Mutex<State>,
    /// Wakes the backlog thread.
    filled: Condvar,
    /// Wakes the thread that makes the spool durable.
    written: Condvar,
    /// The position behind the last record in the spool.
    end: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    /// Absent while the backlog thread has it.
    spool: Option<Box<Spool>>,
    /// The backlog thread writes.
    is_queueing: bool,
    entries: VecDeque<Entry>,
    bytes: usize,
    dropped: u64,
    /// Questions without an answer.
    questions: usize,
    /// Absent when no more questions are taken.
    asked: Option<mpsc::UnboundedSender<Asked>>,
    /// Numbers of the last push, of the last in the spool, and of the last that is durable there.
    pushed: u64,
    written: u64,
    synced: u64,
    /// Since when the disk has been making the spool durable.
    syncing: Option<Instant>,
    is_stopping: bool,
    /// Nothing more will be written.
    is_closed: bool,
    waker: Option<Waker>,
}

impl RecordQueue {
    /// Questions go to `asked` once the records before them are in the spool.
    pub(super) fn new(spool: Spool, asked: mpsc::UnboundedSender<Asked>) -> RecordQueue {
        let (end, _) = watch::channel(spool.end());
        let state = State {
            spool: Some(Box::new(spool)),
            is_queueing: false,
            entries: VecDeque::new(),
            bytes: 0,
            dropped: 0,
            questions: 0,
            asked: Some(asked),
            pushed: 0,
            written: 0,
            synced: 0,
            syncing: None,
            is_stopping: false,
            is_closed: false,
            waker: None,
        };
        RecordQueue { state: Mutex::new(state), filled: Condvar::new(), written: Condvar::new(), end }
    }

    /// Follows the end of the spool.
    pub(super) fn end(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    /// Stores the records of a turn. They are in the spool when this returns, unless the disk fails or is too
    /// slow. Returns the number that [`RecordQueue::synced`] reaches when they are durable.
    pub(super) fn push<'r>(&self, records: impl Iterator<Item = &'r Record>) -> u64 {
        let mut state = self.lock();
        state.pushed += 1;
        if !state.can_write() {
            state.queue(records.cloned().collect());
        } else if let Some(end) = state.write(records) {
            self.end.send_replace(end);
            // Otherwise the thread that syncs is waiting for its time, not for this.
            let is_first = state.written == state.synced;
            state.written = state.pushed;
            if is_first {
                self.written.notify_one();
            }
        }
        if state.is_queueing {
            self.filled.notify_one();
        }
        state.pushed
    }

    /// Hands over a question. Returns false when too many wait.
    pub(super) fn ask(&self, ticket: Ticket, query: Box<Query>) -> bool {
        let mut state = self.lock();
        if state.questions >= QUESTIONS_MAX || state.is_stopping {
            return false;
        }
        state.questions += 1;
        let question = Question { ticket, query, since: Instant::now() };
        if state.can_write() {
            let end = *self.end.borrow();
            state.pass_on(question, Some(end));
        } else {
            state.entries.push_back(Entry::Question(question));
            self.filled.notify_one();
        }
        true
    }

    /// Passes a question on, to be answered when the database has everything before a position; without a
    /// position it cannot be answered.
    pub(super) fn pass_on(&self, question: Question, after: Option<u64>) {
        self.lock().pass_on(question, after);
    }

    /// Notes that a question was answered.
    pub(super) fn answered(&self) {
        self.lock().questions -= 1;
    }

    /// Waits until the backlog thread is to write, and gives it the spool; `None` when it has written
    /// everything before the server stops.
    pub(super) fn wait_for_spool(&self) -> Option<Box<Spool>> {
        let mut state = self.lock();
        while !state.is_queueing && !state.is_stopping {
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.is_queueing = true;
        state.spool.take()
    }

    /// Takes out what waits. If nothing does, takes the spool back, so that pushes write themselves again; if
    /// the disk `is_slow`, only after a while.
    pub(super) fn take(&self, spool: Box<Spool>, is_slow: bool) -> Option<(Box<Spool>, Batch)> {
        let mut state = self.lock();
        let slow_until = Instant::now() + if is_slow { SLOW_TIME } else { Duration::ZERO };
        while state.entries.is_empty() {
            let is_well = Instant::now() >= slow_until && !state.sync_hangs();
            if is_well || state.is_stopping {
                self.end.send_replace(spool.end());
                state.written = state.pushed;
                self.written.notify_one();
                if !state.is_stopping {
                    (state.spool, state.is_queueing) = (Some(spool), false);
                }
                return None;
            }
            let waited = self.filled.wait_timeout(state, WRITE_TIME_MAX);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.bytes = 0;
        let (entries, dropped) = (std::mem::take(&mut state.entries), std::mem::take(&mut state.dropped));
        Some((spool, Batch { entries, pushed: state.pushed, dropped }))
    }

    /// Takes out the questions that wait.
    pub(super) fn take_questions(&self) -> Vec<Question> {
        take_questions(&mut self.lock().entries)
    }

    /// Notes that the backlog thread has written everything up to a push; the spool ends at `end` now.
    pub(super) fn set_written(&self, pushed: u64, end: u64) {
        self.end.send_replace(end);
        self.lock().written = pushed;
        self.written.notify_one();
    }

    /// Notes that nothing more will be written.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        (state.is_closed, state.asked) = (true, None);
        self.written.notify_one();
    }

    /// Waits until something was written and the interval since `last` is over. Returns the push up to which
    /// the spool is to be made durable; `None` when it is and nothing more will come.
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
                _ => {
                    state.syncing = Some(Instant::now());
                    return Some(state.written);
                }
            }
        }
    }

    /// Notes that everything up to a push is durable, or never will be.
    pub(super) fn set_synced(&self, pushed: u64) {
        let mut state = self.lock();
        state.syncing = None;
        self.release(state, pushed);
    }

    /// Ends every wait for the disk, as it fails. Returns whether the server stops.
    pub(super) fn release_all(&self) -> bool {
        let state = self.lock();
        let (pushed, is_stopping) = (state.pushed, state.is_stopping);
        self.release(state, pushed);
        is_stopping
    }

    fn release(&self, mut state: MutexGuard<'_, State>, pushed: u64) {
        state.synced = state.synced.max(pushed);
        if let Some(waker) = state.waker.take() {
            drop(state);
            waker.wake();
        }
    }

    /// The last push that is durable with all before it.
    pub(super) fn synced(&self) -> u64 {
        self.lock().synced
    }

    /// Waits until [`RecordQueue::synced`] differs from `seen`. One task at a time can wait.
    pub(super) fn poll_synced(&self, cx: &mut Context<'_>, seen: u64) -> Poll<u64> {
        let mut state = self.lock();
        if state.synced != seen {
            return Poll::Ready(state.synced);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Lets the threads end when they are done.
    pub(super) fn stop(&self) {
        self.lock().is_stopping = true;
        self.filled.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether a push may write to the spool itself.
    fn can_write(&mut self) -> bool {
        if !self.is_queueing && self.sync_hangs() {
            tracing::warn!(
                target: "history",
                "the disk of the spool hangs: until it does not, messages may be lost if the server is killed"
            );
            self.is_queueing = true;
        }
        !self.is_queueing
    }

    fn sync_hangs(&self) -> bool {
        self.syncing.is_some_and(|since| since.elapsed() > SYNC_TIME_MAX)
    }

    /// Writes records to the spool and returns its end. `None` when that failed: they are still in the buffer
    /// of the spool then, which the backlog thread takes.
    fn write<'r>(&mut self, records: impl Iterator<Item = &'r Record>) -> Option<u64> {
        let spool = self.spool.as_mut()?;
        let begun = Instant::now();
        spool.lose(std::mem::take(&mut self.dropped));
        spool.add(records);
        // The backlog thread meets the same error and reports it.
        let is_written = spool.write().is_ok();
        let took = begun.elapsed();
        if is_written && took > WRITE_TIME_MAX {
            tracing::warn!(
                target: "history",
                "the disk of the spool is slow ({:.1} s for a write): until it is not, messages may be lost if the \
                 server is killed",
                took.as_secs_f32()
            );
        }
        self.is_queueing = !is_written || took > WRITE_TIME_MAX;
        is_written.then(|| spool.end())
    }

    fn queue(&mut self, records: Vec<Record>) {
        let bytes: usize = records.iter().map(record_bytes).sum();
        if self.bytes + bytes > QUEUE_BYTES_MAX {
            self.dropped += records.len() as u64;
        } else {
            self.bytes += bytes;
            self.entries.push_back(Entry::Records(records));
        }
    }

    fn pass_on(&self, Question { ticket, query, since }: Question, after: Option<u64>) {
        if let Some(asked) = &self.asked {
            // Fails only when the responder has ended.
            let _ = asked.send(Asked { ticket, query, since, after });
        }
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

/// Memory of a record, about.
fn record_bytes(record: &Record) -> usize {
    let text = |key: &HistoryKey| match key {
        HistoryKey::Channel(name) => name.len(),
        HistoryKey::Conversation { owner, with } => owner.len() + with.len(),
    };
    let keys = |keys: &[HistoryKey]| keys.iter().map(|key| RECORD_BYTES + text(key)).sum::<usize>();
    RECORD_BYTES
        + match record {
            Record::Keep { item, targets, .. } => item.as_bytes().len() + keys(targets),
            Record::Delete { targets, .. } => keys(targets),
            Record::Forget { account } => account.len(),
        }
}

//! The queue that receives records and queries from the engine.
//!
//! Usually a push writes its records to the spool itself before it returns, so that no client sees anything
//! that `kill -9` could undo. While the disk fails, or is too slow to wait for, pushes go to a queue in
//! memory, and the [`backlog`](super::backlog) thread writes them. Invariants: only one of the two owns the
//! [`Spool`]; the queue is bounded in bytes, and records that do not fit are counted and dropped; records and
//! queries keep their order.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::responder::ReadyQuery;
use super::spool::Spool;
use crate::config::LogType;
use crate::engine::Ticket;
use crate::history::{HistoryKey, Query, Record};

/// Maximum size of the records that wait for the spool, in bytes.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Maximum number of queries that wait for an answer.
const QUERIES_MAX: usize = 256;
/// Approximate memory of a record or a key, without its texts.
const RECORD_BYTES: usize = 96;
/// After a write that takes longer, further records are queued, because all clients wait for a write.
pub(super) const WRITE_TIME_MAX: Duration = Duration::from_millis(250);
/// While making the spool durable takes longer, records are queued, because the disk may soon block writes.
const SYNC_TIME_MAX: Duration = Duration::from_secs(3);
/// Pause after which a slow disk is tried again if the queue is empty.
const SLOW_TIME: Duration = Duration::from_secs(1);

/// Something that waits for the spool.
#[derive(Debug)]
pub(super) enum QueueEntry {
    /// The records of one turn.
    Records(Vec<Record>),
    /// A query.
    Query(PendingQuery),
}

/// A query that waits for the records before it.
#[derive(Debug)]
pub(super) struct PendingQuery {
    pub(super) ticket: Ticket,
    pub(super) query: Box<Query>,
    pub(super) since: Instant,
}

/// Entries that the backlog thread takes out of the queue.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) entries: VecDeque<QueueEntry>,
    /// The number of the last push among them.
    pub(super) pushed: u64,
    /// Records that did not fit into the queue since the last batch.
    pub(super) dropped: u64,
}

/// The queue, and the progress of its entries.
#[derive(Debug)]
pub(super) struct RecordQueue {
    state: Mutex<QueueState>,
    /// Wakes the backlog thread.
    filled: Condvar,
    /// Wakes the thread that makes the spool durable.
    written: Condvar,
    /// The position after the last record in the spool.
    end: watch::Sender<u64>,
}

#[derive(Debug)]
struct QueueState {
    /// `None` while the backlog thread has it.
    spool: Option<Box<Spool>>,
    /// Set while pushes are queued and the backlog thread writes.
    is_queueing: bool,
    entries: VecDeque<QueueEntry>,
    bytes: usize,
    dropped: u64,
    /// Number of queries without an answer.
    queries: usize,
    /// `None` when no more queries are accepted.
    asked: Option<mpsc::UnboundedSender<ReadyQuery>>,
    /// The numbers of the last push, of the last push in the spool, and of the last durable push.
    pushed: u64,
    written: u64,
    synced: u64,
    /// The start of the fsync that is in progress.
    syncing: Option<Instant>,
    is_stopping: bool,
    /// Set when nothing more will be written.
    is_closed: bool,
    waker: Option<Waker>,
}

impl RecordQueue {
    /// Creates a queue. Queries go to `asked` once the records before them are in the spool.
    pub(super) fn new(spool: Spool, asked: mpsc::UnboundedSender<ReadyQuery>) -> RecordQueue {
        let (end, _) = watch::channel(spool.end());
        let state = QueueState {
            spool: Some(Box::new(spool)),
            is_queueing: false,
            entries: VecDeque::new(),
            bytes: 0,
            dropped: 0,
            queries: 0,
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

    /// Returns a receiver of the end of the spool.
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
            // Otherwise the sync thread waits for its interval, not for this.
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

    /// Accepts a query. Returns false if too many wait.
    pub(super) fn ask(&self, ticket: Ticket, query: Box<Query>) -> bool {
        let mut state = self.lock();
        if state.queries >= QUERIES_MAX || state.is_stopping {
            return false;
        }
        state.queries += 1;
        let query = PendingQuery { ticket, query, since: Instant::now() };
        if state.can_write() {
            let end = *self.end.borrow();
            state.pass_on(query, Some(end));
        } else {
            state.entries.push_back(QueueEntry::Query(query));
            self.filled.notify_one();
        }
        true
    }

    /// Passes a query on, to be answered when the database has everything before a position; without a
    /// position, the query fails.
    pub(super) fn pass_on(&self, query: PendingQuery, after: Option<u64>) {
        self.lock().pass_on(query, after);
    }

    /// Records that a query was answered.
    pub(super) fn answered(&self) {
        self.lock().queries -= 1;
    }

    /// Waits until the backlog thread must write, and gives it the spool; `None` if everything is written and
    /// the server stops.
    pub(super) fn wait_for_spool(&self) -> Option<Box<Spool>> {
        let mut state = self.lock();
        while !state.is_queueing && !state.is_stopping {
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.is_queueing = true;
        state.spool.take()
    }

    /// Takes out the waiting entries. If there are none, takes the spool back, so that pushes write it
    /// themselves again; if the disk `is_slow`, only after a pause.
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

    /// Takes out the waiting queries.
    pub(super) fn take_queries(&self) -> Vec<PendingQuery> {
        take_queries(&mut self.lock().entries)
    }

    /// Records that the backlog thread has written everything up to a push; the spool now ends at `end`.
    pub(super) fn set_written(&self, pushed: u64, end: u64) {
        self.end.send_replace(end);
        self.lock().written = pushed;
        self.written.notify_one();
    }

    /// Records that nothing more will be written.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        (state.is_closed, state.asked) = (true, None);
        self.written.notify_one();
    }

    /// Waits until something was written and the interval since `last` is over. Returns the push up to which
    /// the spool must be made durable; `None` if everything is durable and nothing more will be written.
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

    /// Records that everything up to a push is durable, or never will be.
    pub(super) fn set_synced(&self, pushed: u64) {
        let mut state = self.lock();
        state.syncing = None;
        self.release(state, pushed);
    }

    /// Ends every wait for the disk because it fails. Returns whether the server is stopping.
    pub(super) fn release_all(&self) -> bool {
        let state = self.lock();
        let (pushed, is_stopping) = (state.pushed, state.is_stopping);
        self.release(state, pushed);
        is_stopping
    }

    fn release(&self, mut state: MutexGuard<'_, QueueState>, pushed: u64) {
        state.synced = state.synced.max(pushed);
        if let Some(waker) = state.waker.take() {
            drop(state);
            waker.wake();
        }
    }

    /// Returns the number of the last push that is durable, along with all before it.
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

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        // No code that can panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueState {
    /// Returns whether a push may write to the spool itself.
    fn can_write(&mut self) -> bool {
        if !self.is_queueing && self.sync_hangs() {
            tracing::warn!(
                target: LogType::History.name(),
                "the disk of the spool hangs: messages may be lost if the server is killed meanwhile"
            );
            self.is_queueing = true;
        }
        !self.is_queueing
    }

    fn sync_hangs(&self) -> bool {
        self.syncing.is_some_and(|since| since.elapsed() > SYNC_TIME_MAX)
    }

    /// Writes records to the spool and returns its end. After a failure, returns `None`; the records are then
    /// still in the spool's buffer, and the backlog thread writes them.
    fn write<'r>(&mut self, records: impl Iterator<Item = &'r Record>) -> Option<u64> {
        let spool = self.spool.as_mut()?;
        let begun = Instant::now();
        spool.lose(std::mem::take(&mut self.dropped));
        spool.add(records);
        // The backlog thread gets the same error and reports it.
        let is_written = spool.write().is_ok();
        let took = begun.elapsed();
        if is_written && took > WRITE_TIME_MAX {
            tracing::warn!(
                target: LogType::History.name(),
                "the disk of the spool is slow ({:.1} s for a write): \
                 messages may be lost if the server is killed meanwhile",
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
            self.entries.push_back(QueueEntry::Records(records));
        }
    }

    fn pass_on(&self, PendingQuery { ticket, query, since }: PendingQuery, after: Option<u64>) {
        if let Some(asked) = &self.asked {
            // Fails only when the responder has ended.
            let _ = asked.send(ReadyQuery { ticket, query, since, after });
        }
    }
}

/// Removes the queries from some entries and returns them.
pub(super) fn take_queries(entries: &mut VecDeque<QueueEntry>) -> Vec<PendingQuery> {
    let (queries, others) = std::mem::take(entries)
        .into_iter()
        .partition::<Vec<QueueEntry>, _>(|entry| matches!(entry, QueueEntry::Query(_)));
    *entries = others.into();
    let query = |entry| match entry {
        QueueEntry::Query(query) => Some(query),
        QueueEntry::Records(_) => None,
    };
    queries.into_iter().filter_map(query).collect()
}

/// Returns the approximate memory of a record.
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

//! The only writer: a thread that makes the writes of turns durable, many turns with one flush.
//!
//! It leaves the meaning of records to the engine, and the disk to a [`Disk`]. Everything that is pushed
//! while a batch is being written goes into the next batch (group commit), where later writes of a key
//! replace earlier ones. A push first goes to the write-ahead log, so that it survives `kill -9`. Invariants:
//! [`Progress::durable`] reaches a turn only when its writes and those of all turns before it are on disk; a
//! batch is written completely or not at all.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::control::StoreControl;
use super::export::Export;
use super::keys;
use super::wal::Wal;
use crate::config::LogType;
use crate::engine::Write;
use crate::journal;

/// Size of the waiting writes, in bytes, at which [`Progress::full`] is set.
const QUEUE_BYTES_MAX: usize = 4 << 20;
/// Length of the write-ahead log, in bytes, at which [`Progress::full`] is set.
const WAL_BYTES_MAX: u64 = 64 << 20;
/// Approximate overhead of a queued write, in addition to its key and value.
const WRITE_BYTES: usize = 64;
/// Maximum delay of writes for which no client waits.
const LATER_TIME: Duration = Duration::from_secs(1);
/// Interval at which a full disk is checked for room.
const ROOM_EVERY: Duration = Duration::from_secs(2);
/// Maximum number of exports that wait at the same time.
const READERS_MAX: usize = 4;
/// Minimum interval between log records about the same failure.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Writes that are made together: keys with their new values; `None` deletes.
pub type Batch = BTreeMap<String, Option<Vec<u8>>>;

/// The destination of batches.
pub trait Disk: Send + 'static {
    /// Writes a batch, completely or not at all, and returns when it is durable.
    ///
    /// # Errors
    /// If the batch cannot be written; the writer then stops. The error is one line for the log.
    fn write(&mut self, batch: &Batch) -> Result<(), String>;

    /// Returns whether there is room for more. Called after every batch, and every two seconds while there is
    /// no room.
    fn has_room(&mut self) -> bool;

    /// Returns a copy of everything on the disk.
    ///
    /// # Errors
    /// If the disk cannot be read.
    fn export(&mut self) -> Result<Export, String>;
}

/// The progress of the writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of the newest push that is durable, along with all before it; 0 is none.
    pub durable: u64,
    /// Whether there is room for more.
    pub writable: bool,
    /// Whether so much waits that nothing should be added.
    pub full: bool,
    /// The reason if nothing more will be written.
    pub failed: Option<String>,
}

/// A handle to the writer. On drop, it waits until everything is durable and the disk is closed.
#[derive(Debug)]
pub struct StoreWriter {
    shared: Arc<Shared>,
    /// Dropped before the writer stops.
    control: Option<StoreControl>,
    thread: Option<JoinHandle<()>>,
}

impl StoreWriter {
    /// Starts the thread, without a write-ahead log: every push must become durable.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start(disk: impl Disk) -> io::Result<StoreWriter> {
        StoreWriter::with_wal(disk, None)
    }

    /// Starts the thread.
    pub(super) fn with_wal(mut disk: impl Disk, wal: Option<Wal>) -> io::Result<StoreWriter> {
        let writable = disk.has_room();
        let progress = Progress { durable: 0, writable, full: false, failed: None };
        let wal_dir = wal.as_ref().map(|wal| wal.dir().to_owned());
        let state = Mutex::new(WriterState::new(progress, wal));
        let shared = Arc::new(Shared { state, changed: Condvar::new(), wal_dir });
        let theirs = shared.clone();
        let work = move || {
            if catch_unwind(AssertUnwindSafe(|| theirs.work(disk))).is_err() {
                theirs.fail("the datastore's writer panicked".to_owned());
            }
        };
        let thread = thread::Builder::new().name("writer".into()).spawn(work)?;
        Ok(StoreWriter { shared, control: None, thread: Some(thread) })
    }

    /// Queues the writes of a turn, which become durable as soon as possible. Returns the number that
    /// [`Progress::durable`] will reach. Never waits for the disk and never fails: the caller must check
    /// [`Progress::full`].
    pub fn push(&self, writes: Vec<Write>) -> u64 {
        let mut state = self.shared.lock();
        state.push(writes);
        state.wanted = state.pushed;
        self.shared.changed.notify_one();
        state.pushed
    }

    /// Queues the writes of a turn, which become durable within about a second. If this returns `None`, they
    /// survive `kill -9` already; otherwise, once [`Progress::durable`] has reached the number.
    pub fn push_soon(&self, writes: Vec<Write>) -> Option<u64> {
        let mut state = self.shared.lock();
        if !state.push(writes) {
            state.wanted = state.pushed;
            self.shared.changed.notify_one();
            return Some(state.pushed);
        }
        if state.later.is_none() || state.progress.full {
            state.later.get_or_insert_with(|| Instant::now() + LATER_TIME);
            self.shared.changed.notify_one();
        }
        None
    }

    /// Returns the progress.
    pub fn progress(&self) -> Progress {
        self.shared.lock().progress.clone()
    }

    /// Waits until the progress differs from `seen`. One task at a time can wait.
    pub fn poll_progress(&self, cx: &mut Context<'_>, seen: &Progress) -> Poll<Progress> {
        let mut state = self.shared.lock();
        if state.progress != *seen {
            return Poll::Ready(state.progress.clone());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Returns a handle for reading while the writer has the disk.
    pub(super) fn reader(&self) -> StoreReader {
        StoreReader(self.shared.clone())
    }

    /// Keeps the control socket until the writer is dropped.
    pub(super) fn hold(&mut self, control: StoreControl) {
        self.control = Some(control);
    }
}

impl Drop for StoreWriter {
    fn drop(&mut self) {
        self.control = None;
        self.shared.lock().stopping = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// Reads through the writer, between two batches.
#[derive(Clone, Debug)]
pub(super) struct StoreReader(Arc<Shared>);

impl StoreReader {
    /// Returns a copy of everything that was pushed. Writing waits meanwhile.
    pub(super) fn export(&self) -> Result<Export, String> {
        let (sender, receiver) = sync_channel(1);
        {
            let mut state = self.0.lock();
            if state.stopping || state.progress.failed.is_some() || state.readers.len() >= READERS_MAX {
                return Err("the datastore cannot be read now".to_owned());
            }
            state.readers.push_back(sender);
        }
        self.0.changed.notify_one();
        receiver.recv().unwrap_or_else(|_| Err("the server has stopped".to_owned()))
    }
}

#[derive(Debug)]
struct Shared {
    state: Mutex<WriterState>,
    /// Notified when something is pushed or requested, or the writer must stop.
    changed: Condvar,
    wal_dir: Option<PathBuf>,
}

#[derive(Debug)]
struct WriterState {
    wal: Option<Wal>,
    /// The position up to which the disk has the log.
    covered: u64,
    /// The last push that is not in the log. Until the disk has it, later pushes are not logged either.
    gap: u64,
    told: Option<Instant>,
    waiting: Batch,
    /// Size of `waiting`.
    bytes: usize,
    pushed: u64,
    /// The last push for which a client waits.
    wanted: u64,
    /// The time at which all other pushes must be written.
    later: Option<Instant>,
    readers: VecDeque<SyncSender<Result<Export, String>>>,
    progress: Progress,
    stopping: bool,
    waker: Option<Waker>,
}

/// The next task of the thread.
enum StoreTask {
    /// A batch, the number of its last push, and the position up to which it covers the log.
    Write(Batch, u64, u64),
    Read(SyncSender<Result<Export, String>>),
    LookForRoom,
    End,
}

impl WriterState {
    fn new(progress: Progress, wal: Option<Wal>) -> WriterState {
        WriterState {
            covered: wal.as_ref().map_or(0, Wal::end),
            wal,
            gap: 0,
            told: None,
            waiting: Batch::new(),
            bytes: 0,
            pushed: 0,
            wanted: 0,
            later: None,
            readers: VecDeque::new(),
            progress,
            stopping: false,
            waker: None,
        }
    }

    /// Adds a push; returns whether it is in the log.
    fn push(&mut self, writes: Vec<Write>) -> bool {
        self.pushed += 1;
        let is_logged = self.log(&writes);
        writes.into_iter().for_each(|write| self.add(write));
        self.renew_full();
        is_logged
    }

    fn log(&mut self, writes: &[Write]) -> bool {
        let Some(wal) = &mut self.wal else { return false };
        if writes.is_empty() {
            return true;
        }
        // The last space on the disk is for earlier changes.
        if self.progress.durable < self.gap || !self.progress.writable {
            self.gap = self.pushed;
            return false;
        }
        let Err(error) = wal.append(writes) else { return true };
        if self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            tracing::warn!(
                target: LogType::Datastore.name(),
                "the log cannot be written, so changes wait for the datastore: {error}"
            );
            self.told = Some(Instant::now());
        }
        self.gap = self.pushed;
        false
    }

    fn add(&mut self, write: Write) {
        let size = |key_len: usize, value: &Option<Vec<u8>>| {
            WRITE_BYTES + key_len + value.as_ref().map_or(0, Vec::len)
        };
        let key_len = write.key.len();
        self.bytes += size(key_len, &write.value);
        if let Some(replaced) = self.waiting.insert(write.key, write.value) {
            self.bytes -= size(key_len, &replaced);
        }
    }

    fn renew_full(&mut self) {
        let logged = self.wal.as_ref().map_or(0, |wal| wal.end() - self.covered);
        self.progress.full = self.bytes >= QUEUE_BYTES_MAX || logged >= WAL_BYTES_MAX;
    }

    fn next(&mut self, now: Instant) -> Option<StoreTask> {
        let is_due = self.later.is_some_and(|at| at <= now) || self.progress.full;
        let is_wanted = self.wanted > self.progress.durable || !self.readers.is_empty() || self.stopping;
        // Even an empty batch must be reported.
        if self.pushed > self.progress.durable && (is_due || is_wanted) {
            let mut batch = std::mem::take(&mut self.waiting);
            let end = self.wal.as_ref().map(Wal::end);
            if let Some(end) = end {
                batch.insert(keys::WAL.to_owned(), Some(end.to_be_bytes().to_vec()));
            }
            (self.bytes, self.later) = (0, None);
            self.renew_full();
            return Some(StoreTask::Write(batch, self.pushed, end.unwrap_or(0)));
        }
        if let Some(reader) = self.readers.pop_front() {
            return Some(StoreTask::Read(reader));
        }
        self.stopping.then_some(StoreTask::End)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, WriterState> {
        // No code that can panic runs under the lock.
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn work(&self, mut disk: impl Disk) {
        loop {
            match self.next() {
                StoreTask::Write(batch, number, covered) => {
                    if let Err(reason) = disk.write(&batch) {
                        return self.fail(reason);
                    }
                    self.trim(covered);
                    let writable = disk.has_room();
                    self.report(|state| {
                        state.progress.durable = number;
                        state.progress.writable = writable;
                        state.covered = covered;
                        state.renew_full();
                    });
                }
                StoreTask::Read(reader) => {
                    // Fails only if the reader has given up.
                    let _ = reader.send(disk.export());
                }
                StoreTask::LookForRoom => {
                    if disk.has_room() {
                        self.report(|state| state.progress.writable = true);
                    }
                }
                StoreTask::End => return,
            }
        }
    }

    /// Waits for something to do.
    fn next(&self) -> StoreTask {
        let mut state = self.lock();
        let mut look_at = None;
        loop {
            let now = Instant::now();
            if let Some(task) = state.next(now) {
                return task;
            }
            if !state.progress.writable && *look_at.get_or_insert(now + ROOM_EVERY) <= now {
                return StoreTask::LookForRoom;
            }
            let until = [state.later, look_at].into_iter().flatten().min();
            state = match until {
                None => self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner()),
                Some(until) => {
                    let waited = self.changed.wait_timeout(state, until.saturating_duration_since(now));
                    waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0
                }
            };
        }
    }

    /// Removes the part of the log that the disk has.
    fn trim(&self, covered: u64) {
        if let Some(dir) = &self.wal_dir
            && let Err(error) = journal::trim(dir, covered)
        {
            tracing::warn!(target: LogType::Datastore.name(), "{}: {error}", dir.display());
        }
    }

    fn fail(&self, reason: String) {
        self.report(|state| {
            state.progress.failed = Some(reason);
            // No one will answer them.
            state.readers.clear();
        });
    }

    fn report(&self, change: impl FnOnce(&mut WriterState)) {
        let mut state = self.lock();
        change(&mut state);
        if let Some(waker) = state.waker.take() {
            drop(state);
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests;

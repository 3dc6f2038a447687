//! The one writer: a thread that makes the writes of turns durable, many turns with one flush.
//!
//! It knows nothing of what it writes and nothing of disks; a [`Disk`] does that. Whatever was pushed
//! while the last batch was on its way goes into the next one (group commit), later writes of a key
//! in place of earlier ones. Invariant: [`Progress::durable`] names a turn only when its writes and
//! those of all turns before it have come to the disk; a batch is written whole or not at all.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::control::Control;
use super::export::Export;
use crate::engine::Write;

/// Bytes of waiting writes at which [`Progress::full`] asks for patience.
const QUEUE_BYTES_MAX: usize = 4 << 20;
/// What a waiting write costs besides its key and value, about.
const WRITE_BYTES: usize = 64;
/// How often it is looked whether a full disk has room again.
const ROOM_EVERY: Duration = Duration::from_secs(2);
/// Copies of the records that may be asked for at the same time.
const READERS_MAX: usize = 4;

/// What is written at once: keys with their new values; none deletes.
pub type Batch = BTreeMap<String, Option<Vec<u8>>>;

/// Where batches go.
pub trait Disk: Send + 'static {
    /// Writes a batch, all of it or nothing, and returns when it is durable.
    ///
    /// # Errors
    /// When it cannot be had; nothing more is written then. One line for the log.
    fn write(&mut self, batch: &Batch) -> Result<(), String>;

    /// Whether there is room for more; asked after every batch, and every two seconds after a no.
    fn has_room(&mut self) -> bool;

    /// A copy of everything that is there.
    ///
    /// # Errors
    /// When it cannot be read.
    fn export(&mut self) -> Result<Export, String>;
}

/// How far the writer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The newest push that is durable with all before it; 0 is none.
    pub durable: u64,
    /// Whether there is room for more.
    pub writable: bool,
    /// So much waits that nothing should be added.
    pub full: bool,
    /// Why nothing will be written any more.
    pub failed: Option<String>,
}

/// A handle to the writer. Dropped, it waits until everything is durable and the disk is closed.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    /// Ends before the writer does.
    control: Option<Control>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread for us.
    pub fn start(mut disk: impl Disk) -> io::Result<Writer> {
        let writable = disk.has_room();
        let progress = Progress { durable: 0, writable, full: false, failed: None };
        let shared = Arc::new(Shared { state: Mutex::new(State::new(progress)), changed: Condvar::new() });
        let theirs = shared.clone();
        let work = move || {
            if catch_unwind(AssertUnwindSafe(|| theirs.work(disk))).is_err() {
                theirs.fail("the datastore's writer panicked".to_owned());
            }
        };
        let thread = thread::Builder::new().name("writer".into()).spawn(work)?;
        Ok(Writer { shared, control: None, thread: Some(thread) })
    }

    /// Queues writes of one turn; returns the number that [`Progress::durable`] will reach. Never
    /// waits and never refuses: whoever pushes heeds [`Progress::full`].
    pub fn push(&self, writes: impl IntoIterator<Item = Write>) -> u64 {
        let mut state = self.shared.lock();
        for write in writes {
            state.add(write);
        }
        state.pushed += 1;
        state.progress.full = state.bytes >= QUEUE_BYTES_MAX;
        self.shared.changed.notify_one();
        state.pushed
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.shared.lock().progress.clone()
    }

    /// Waits until it has come further than `seen`. One task at a time can wait.
    pub fn poll_progress(&self, cx: &mut Context<'_>, seen: &Progress) -> Poll<Progress> {
        let mut state = self.shared.lock();
        if state.progress != *seen {
            return Poll::Ready(state.progress.clone());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// For reading while the writer has the disk.
    pub(super) fn reader(&self) -> Reader {
        Reader(self.shared.clone())
    }

    /// Keeps the control socket as long as the writer.
    pub(super) fn hold(&mut self, control: Control) {
        self.control = Some(control);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.control = None;
        self.shared.lock().stopping = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // What made it panic was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// Reads through the writer, between two batches.
#[derive(Clone, Debug)]
pub(super) struct Reader(Arc<Shared>);

impl Reader {
    /// A copy of everything; writing waits while it is made.
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
    state: Mutex<State>,
    /// Something was pushed or asked for, or it is to stop.
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    waiting: Batch,
    /// Size of `waiting`.
    bytes: usize,
    pushed: u64,
    readers: VecDeque<SyncSender<Result<Export, String>>>,
    progress: Progress,
    stopping: bool,
    waker: Option<Waker>,
}

/// What the thread is to do next.
enum Task {
    Write(Batch, u64),
    Read(SyncSender<Result<Export, String>>),
    LookForRoom,
    End,
}

impl State {
    fn new(progress: Progress) -> State {
        let (waiting, readers) = Default::default();
        State { waiting, bytes: 0, pushed: 0, readers, progress, stopping: false, waker: None }
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

    fn next(&mut self) -> Option<Task> {
        // Even an empty batch is to be reported.
        if self.pushed > self.progress.durable {
            self.bytes = 0;
            self.progress.full = false;
            return Some(Task::Write(std::mem::take(&mut self.waiting), self.pushed));
        }
        if let Some(reader) = self.readers.pop_front() {
            return Some(Task::Read(reader));
        }
        self.stopping.then_some(Task::End)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under the lock.
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn work(&self, mut disk: impl Disk) {
        loop {
            match self.next() {
                Task::Write(batch, number) => {
                    if let Err(reason) = disk.write(&batch) {
                        return self.fail(reason);
                    }
                    let writable = disk.has_room();
                    self.report(|progress| {
                        progress.durable = number;
                        progress.writable = writable;
                    });
                }
                Task::Read(reader) => {
                    // Fails only when nobody waits for it any more.
                    let _ = reader.send(disk.export());
                }
                Task::LookForRoom => {
                    if disk.has_room() {
                        self.report(|progress| progress.writable = true);
                    }
                }
                Task::End => return,
            }
        }
    }

    /// Waits for something to do.
    fn next(&self) -> Task {
        let mut state = self.lock();
        loop {
            if let Some(task) = state.next() {
                return task;
            }
            if state.progress.writable {
                state = self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
                continue;
            }
            let waited = self.changed.wait_timeout(state, ROOM_EVERY);
            let (woken, timeout) = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
            if timeout.timed_out() {
                return Task::LookForRoom;
            }
            state = woken;
        }
    }

    fn fail(&self, reason: String) {
        self.report(|progress| progress.failed = Some(reason));
        // Nobody will answer them.
        self.lock().readers.clear();
    }

    fn report(&self, change: impl FnOnce(&mut Progress)) {
        let mut state = self.lock();
        change(&mut state.progress);
        if let Some(waker) = state.waker.take() {
            drop(state);
            waker.wake();
        }
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;

//! Writing a recording, on a thread of its own.
//!
//! A new snapshot goes into a new file beside the old one; until it is complete, turns are written to both.
//! Then the new file takes the place of the old one, which is kept as `FILE.1`. So there is always one file
//! from which a run can be had again, and at most two are on the disk.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};

use super::key::{Key, Seal};
use super::{FRAME_BYTES_MAX, MAGIC, SALT_BYTES, Start, kind};
use crate::engine::stored::Snapshot;
use crate::private;
use crate::state::codec::put;

/// Bytes of turns that may wait for the disk.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Bytes of a piece in one frame.
const PART_BYTES_MAX: usize = 1 << 20;

/// What the thread is to do.
enum Task {
    Begin(Box<Begun>),
    Turn(Vec<u8>),
    End,
}

/// A snapshot that begins a recording.
#[derive(Debug)]
pub struct Begun {
    /// When, and by which program.
    pub start: Start,
    /// The engine.
    pub snapshot: Snapshot,
    /// Whether turns were left out before it: the file that is there has ended then.
    pub after_gap: bool,
}

/// What both sides know of the queue.
#[derive(Debug, Default)]
struct Queue {
    /// Bytes of turns that are not written yet.
    bytes: AtomicUsize,
    /// A snapshot is not written yet.
    begins: AtomicBool,
}

/// The end of a recording to which turns are added.
#[derive(Debug)]
pub struct Writer {
    /// `None` once it is dropped.
    tasks: Option<Sender<Task>>,
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. What is at the path stays there until the first snapshot is complete.
    ///
    /// # Errors
    /// When the new file or the thread cannot be made.
    pub fn start(path: &Path, key: Key) -> io::Result<Writer> {
        // An error here is one that the person who starts the server sees.
        let (fresh, last) = (beside(path, "new"), beside(path, "1"));
        Output::create(&fresh, &key)?;
        for recording in [path, &fresh, &last] {
            private::restrict(recording);
        }
        let (tasks, received) = channel();
        let queue = Arc::new(Queue::default());
        let work = Work { path: path.to_owned(), key, tasks: received, queue: queue.clone() };
        let thread = thread::Builder::new().name("recording".into()).spawn(move || work.run())?;
        Ok(Writer { tasks: Some(tasks), queue, thread: Some(thread) })
    }

    fn send(&self, task: Task) {
        if let Some(tasks) = &self.tasks {
            // A thread that is gone has logged why.
            let _ = tasks.send(task);
        }
    }

    /// Begins anew with a snapshot. Turns from now on come after it.
    pub fn begin(&self, begun: Begun) {
        self.queue.begins.store(true, Ordering::Release);
        self.send(Task::Begin(Box::new(begun)));
    }

    /// Adds the events of a turn; `false` if the disk is too far behind, and then they are not recorded.
    #[must_use]
    pub fn add(&self, turn: Vec<u8>) -> bool {
        if self.queue.bytes.load(Ordering::Acquire) + turn.len() > QUEUE_BYTES_MAX {
            return false;
        }
        self.queue.bytes.fetch_add(turn.len(), Ordering::AcqRel);
        self.send(Task::Turn(turn));
        true
    }

    /// Whether everything that was added is written.
    pub fn is_idle(&self) -> bool {
        self.queue.bytes.load(Ordering::Acquire) == 0 && !self.queue.begins.load(Ordering::Acquire)
    }

    /// Marks the end of an orderly run.
    pub fn end(&self) {
        self.send(Task::End);
    }
}

impl Drop for Writer {
    /// Waits until everything is written.
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Work {
    path: PathBuf,
    key: Key,
    tasks: Receiver<Task>,
    queue: Arc<Queue>,
}

impl Work {
    fn run(self) {
        if let Err(error) = self.work() {
            let path = self.path.display();
            tracing::error!(target: "server", "recording {path}: {error}; nothing more is recorded");
        }
    }

    fn work(&self) -> io::Result<()> {
        let mut out: Option<Output> = None;
        while let Ok(task) = self.tasks.recv() {
            match task {
                Task::Turn(turn) => {
                    if let Some(out) = &mut out {
                        out.write(kind::TURN, &turn)?;
                    }
                    self.queue.bytes.fetch_sub(turn.len(), Ordering::AcqRel);
                }
                Task::Begin(begun) => {
                    let old = out.take().filter(|_| !begun.after_gap);
                    out = Some(self.begin(*begun, old)?);
                    self.queue.begins.store(false, Ordering::Release);
                }
                Task::End => {
                    if let Some(out) = &mut out {
                        out.write(kind::END, &[])?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes a snapshot to a new file, and turns that come meanwhile to both.
    fn begin(&self, begun: Begun, mut old: Option<Output>) -> io::Result<Output> {
        let (fresh, last) = (beside(&self.path, "new"), beside(&self.path, "1"));
        let mut out = Output::create(&fresh, &self.key)?;
        let mut start = Vec::new();
        put(&mut start, &begun.start);
        out.write(kind::START, &start)?;
        let mut ended = false;
        for piece in begun.snapshot {
            let mut parts = piece.chunks(PART_BYTES_MAX).peekable();
            while let Some(part) = parts.next() {
                out.write(if parts.peek().is_some() { kind::PART } else { kind::PIECE }, part)?;
            }
            while !ended {
                match self.tasks.try_recv() {
                    Ok(Task::Turn(turn)) => {
                        out.write(kind::TURN, &turn)?;
                        if let Some(old) = &mut old {
                            old.write(kind::TURN, &turn)?;
                        }
                        self.queue.bytes.fetch_sub(turn.len(), Ordering::AcqRel);
                    }
                    // A snapshot is begun only when none is being written.
                    Ok(Task::Begin(_)) | Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                    Ok(Task::End) => ended = true,
                }
            }
        }
        out.write(kind::WHOLE, &[])?;
        if self.path.exists() {
            std::fs::rename(&self.path, &last)?;
        }
        std::fs::rename(&fresh, &self.path)?;
        tracing::info!(target: "server", "recording {} : begun with {} bytes", self.path.display(), out.bytes);
        if ended {
            out.write(kind::END, &[])?;
        }
        Ok(out)
    }
}

/// `FILE.ending`
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// A file with its encryption.
struct Output {
    file: File,
    seal: Seal,
    frame: Vec<u8>,
    bytes: u64,
}

impl Output {
    fn create(path: &Path, key: &Key) -> io::Result<Output> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        let mut file = private::options().write(true).create(true).truncate(true).open(path)?;
        file.write_all(MAGIC)?;
        file.write_all(&salt)?;
        let bytes = (MAGIC.len() + SALT_BYTES) as u64;
        Ok(Output { file, seal: Seal::new(key, &salt), frame: Vec::new(), bytes })
    }

    fn write(&mut self, kind: u8, content: &[u8]) -> io::Result<()> {
        const LEN_BYTES: usize = size_of::<u32>();
        self.frame.clear();
        self.frame.extend_from_slice(&[0; LEN_BYTES]);
        self.frame.push(kind);
        self.frame.extend_from_slice(content);
        self.seal.seal(&mut self.frame, LEN_BYTES);
        let len = self.frame.len() - LEN_BYTES;
        if len > FRAME_BYTES_MAX {
            return Err(io::Error::other("an event is too long to be recorded"));
        }
        self.frame[..LEN_BYTES].copy_from_slice(&(len as u32).to_le_bytes());
        self.bytes += self.frame.len() as u64;
        self.file.write_all(&self.frame)
    }
}

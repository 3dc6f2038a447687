//! Writes a recording, on a thread of its own.
//!
//! A new snapshot goes into a new file beside the old one; until it is complete, turns are written to both.
//! Then the new file replaces the old one, which is kept as `FILE.1`. So there is always one file from which
//! a run can be repeated.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};

use super::key::{RecordingKey, Seal};
use super::{FRAME_BYTES_MAX, MAGIC, RecordingStart, SALT_BYTES, kind};
use crate::config::LogType;
use crate::engine::stored::Snapshot;
use crate::private;
use crate::state::codec::put;

/// Maximum size of the turns that wait for the disk, in bytes.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Maximum size of a part of a piece, in bytes.
const PART_BYTES_MAX: usize = 1 << 20;

/// A task of the thread.
enum RecordingTask {
    Begin(Box<Beginning>),
    Turn(Vec<u8>),
    End,
}

/// A snapshot that begins a recording.
#[derive(Debug)]
pub struct Beginning {
    /// The time, and the program.
    pub start: RecordingStart,
    /// The engine's state.
    pub snapshot: Snapshot,
    /// Whether turns were not recorded before it, so that the previous file has ended.
    pub after_gap: bool,
}

/// The state of the queue, shared between both sides.
#[derive(Debug, Default)]
struct RecordingQueue {
    /// Size of the turns that are not written yet, in bytes.
    bytes: AtomicUsize,
    /// Set while a snapshot is not written completely.
    begins: AtomicBool,
}

/// The writing end of a recording.
#[derive(Debug)]
pub struct RecordingWriter {
    /// `None` only while the writer is dropped.
    tasks: Option<Sender<RecordingTask>>,
    queue: Arc<RecordingQueue>,
    thread: Option<JoinHandle<()>>,
}

impl RecordingWriter {
    /// Starts the thread. An existing file stays at the path until the first snapshot is complete.
    ///
    /// # Errors
    /// If the new file or the thread cannot be created.
    pub fn start(path: &Path, key: RecordingKey) -> io::Result<RecordingWriter> {
        // Creating the file here reports errors to the person who starts the server.
        let (fresh, last) = (beside(path, "new"), beside(path, "1"));
        Output::create(&fresh, &key)?;
        for recording in [path, &fresh, &last] {
            private::restrict(recording);
        }
        let (tasks, received) = channel();
        let queue = Arc::new(RecordingQueue::default());
        let work = RecordingThread { path: path.to_owned(), key, tasks: received, queue: queue.clone() };
        let thread = thread::Builder::new().name("recording".into()).spawn(move || work.run())?;
        Ok(RecordingWriter { tasks: Some(tasks), queue, thread: Some(thread) })
    }

    fn send(&self, task: RecordingTask) {
        if let Some(tasks) = &self.tasks {
            // If the thread has ended, it has logged the reason.
            let _ = tasks.send(task);
        }
    }

    /// Begins a new file with a snapshot, which turns from now on follow.
    pub fn begin(&self, begun: Beginning) {
        self.queue.begins.store(true, Ordering::Release);
        self.send(RecordingTask::Begin(Box::new(begun)));
    }

    /// Adds the events of a turn. Returns false if the disk is too far behind; the turn is then not recorded.
    #[must_use]
    pub fn add(&self, turn: Vec<u8>) -> bool {
        if self.queue.bytes.load(Ordering::Acquire) + turn.len() > QUEUE_BYTES_MAX {
            return false;
        }
        self.queue.bytes.fetch_add(turn.len(), Ordering::AcqRel);
        self.send(RecordingTask::Turn(turn));
        true
    }

    /// Returns whether everything that was added is written.
    pub fn is_idle(&self) -> bool {
        self.queue.bytes.load(Ordering::Acquire) == 0 && !self.queue.begins.load(Ordering::Acquire)
    }

    /// Marks the normal end of a run.
    pub fn end(&self) {
        self.send(RecordingTask::End);
    }
}

impl Drop for RecordingWriter {
    /// Waits until everything is written.
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct RecordingThread {
    path: PathBuf,
    key: RecordingKey,
    tasks: Receiver<RecordingTask>,
    queue: Arc<RecordingQueue>,
}

impl RecordingThread {
    fn run(self) {
        if let Err(error) = self.work() {
            let path = self.path.display();
            tracing::error!(target: LogType::Server.name(), "recording {path} ended: {error}");
        }
    }

    fn work(&self) -> io::Result<()> {
        let mut out: Option<Output> = None;
        while let Ok(task) = self.tasks.recv() {
            match task {
                RecordingTask::Turn(turn) => {
                    if let Some(out) = &mut out {
                        out.write(kind::TURN, &turn)?;
                    }
                    self.queue.bytes.fetch_sub(turn.len(), Ordering::AcqRel);
                }
                RecordingTask::Begin(begun) => {
                    let old = out.take().filter(|_| !begun.after_gap);
                    out = Some(self.begin(*begun, old)?);
                    self.queue.begins.store(false, Ordering::Release);
                }
                RecordingTask::End => {
                    if let Some(out) = &mut out {
                        out.write(kind::END, &[])?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes a snapshot to a new file, and turns that arrive meanwhile to both files.
    fn begin(&self, begun: Beginning, mut old: Option<Output>) -> io::Result<Output> {
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
                    Ok(RecordingTask::Turn(turn)) => {
                        out.write(kind::TURN, &turn)?;
                        if let Some(old) = &mut old {
                            old.write(kind::TURN, &turn)?;
                        }
                        self.queue.bytes.fetch_sub(turn.len(), Ordering::AcqRel);
                    }
                    // No snapshot is begun while another is being written.
                    Ok(RecordingTask::Begin(_)) | Err(TryRecvError::Empty | TryRecvError::Disconnected) => {
                        break;
                    }
                    Ok(RecordingTask::End) => ended = true,
                }
            }
        }
        out.write(kind::WHOLE, &[])?;
        if self.path.exists() {
            std::fs::rename(&self.path, &last)?;
        }
        std::fs::rename(&fresh, &self.path)?;
        tracing::info!(
            target: LogType::Server.name(),
            "recording {} began with {} bytes",
            self.path.display(),
            out.bytes
        );
        if ended {
            out.write(kind::END, &[])?;
        }
        Ok(out)
    }
}

/// Returns the path `FILE.ending`.
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
    fn create(path: &Path, key: &RecordingKey) -> io::Result<Output> {
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
            return Err(io::Error::other("an event is too long to record"));
        }
        self.frame[..LEN_BYTES].copy_from_slice(&(len as u32).to_le_bytes());
        self.bytes += self.frame.len() as u64;
        self.file.write_all(&self.frame)
    }
}

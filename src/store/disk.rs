//! The datastore as the writer's [`Disk`]: writes batches to sled, and handles a full disk.
//!
//! After a failed write, sled fails permanently, so it is closed and opened again with the last complete
//! batch. Invariant: a datastore that did not recover from a failure is not sealed, so that the next start
//! treats it as after a crash.

use std::fs::File;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::export::Export;
use super::reserve::{DiskReserve, is_full};
use super::watermark::Watermark;
use super::writer::{Batch, Disk};
use super::{Store, StoreError, keys};
use crate::private;

/// Timeout for a batch.
const WRITE_TIME_MAX: Duration = Duration::from_secs(30);
/// Time after which a batch is flushed once more.
const SLOW: Duration = Duration::from_secs(1);

/// An open datastore with its reserve.
#[derive(Debug)]
pub(super) struct SledDatabase {
    /// `None` only if the datastore could not be opened again.
    store: Option<Store>,
    reserve: DiskReserve,
    watermark: Watermark,
    /// sled's file, whose metadata must become durable, too.
    file: File,
}

impl SledDatabase {
    pub(super) fn new(store: Store) -> Result<SledDatabase, StoreError> {
        let file = open_file(store.path())?;
        let reserve = DiskReserve::new(store.path());
        let watermark = Watermark::open(store.path(), store.db())?;
        Ok(SledDatabase { store: Some(store), reserve, watermark, file })
    }

    fn try_write(&mut self, batch: &Batch) -> Result<(), WriteError> {
        let Some(store) = &self.store else { return Err(WriteError::Other("it is closed".to_owned())) };
        let number = self.watermark.batch + 1;
        let mut writes = sled::Batch::default();
        writes.insert(keys::BATCH, &number.to_be_bytes());
        for (key, value) in batch {
            match value {
                Some(position) if key == keys::WAL => writes.insert(keys::WAL, covered(position, number)),
                Some(value) => writes.insert(key.as_bytes(), value.as_slice()),
                None => writes.remove(key.as_bytes()),
            }
        }
        match apply(store.db(), writes) {
            Ok(Ok(())) => {}
            Ok(Err(sled::Error::Io(error))) if is_full(&error) => return Err(WriteError::Full),
            Ok(Err(error)) => return Err(WriteError::Other(error.to_string())),
            Err(why) => return Err(WriteError::Other(why)),
        }
        // sled syncs the bytes but not the length of the file, without which a power failure would lose them.
        match self.file.sync_data().and_then(|()| self.watermark.advance(number)) {
            Err(error) if is_full(&error) => Err(WriteError::Full),
            done => done.map_err(|error| WriteError::Other(error.to_string())),
        }
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        if let Some(store) = self.store.take() {
            let store = store.reopen()?;
            self.file = open_file(store.path())?;
            self.store = Some(store);
        }
        Ok(())
    }

    /// Tries once more after the disk was full, with the reserved space.
    fn write_again(&mut self, batch: &Batch) -> Result<(), String> {
        self.reserve.release();
        self.reopen().map_err(|error| error.to_string())?;
        self.try_write(batch).map_err(|error| error.to_string())
    }
}

impl Disk for SledDatabase {
    fn write(&mut self, batch: &Batch) -> Result<(), String> {
        let bytes: usize =
            batch.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum();
        self.reserve.prepare(bytes as u64);
        let written = match self.try_write(batch) {
            Err(WriteError::Full) => self.write_again(batch),
            done => done.map_err(|error| error.to_string()),
        };
        if written.is_err()
            && let Some(store) = &mut self.store
        {
            store.leave_unsealed();
        }
        written
    }

    fn has_room(&mut self) -> bool {
        self.reserve.has_room()
    }

    fn export(&mut self) -> Result<Export, String> {
        let store = self.store.as_ref().ok_or("it is closed")?;
        Export::of(store).map_err(|error| error.to_string())
    }
}

impl Drop for SledDatabase {
    fn drop(&mut self) {
        // The seal needs a little space, too.
        self.reserve.prepare(0);
    }
}

/// Returns the value of [`keys::WAL`].
pub(super) fn covered(position: &[u8], batch: u64) -> Vec<u8> {
    [position, &batch.to_be_bytes()].concat()
}

/// Writes and flushes on another thread, because sled can panic.
///
/// When a thread of sled fails, it does not always wake the threads that wait for it. The next flush detects
/// the failure and wakes all of them, so a slow batch is flushed again.
fn apply(db: &sled::Db, writes: sled::Batch) -> Result<sled::Result<()>, String> {
    let (sender, receiver) = sync_channel(1);
    let start = Instant::now();
    let theirs = db.clone();
    spawn(move || {
        let done = theirs.apply_batch(writes).and_then(|()| theirs.flush()).map(drop);
        drop(theirs);
        let _ = sender.send(done);
    })?;
    while start.elapsed() < WRITE_TIME_MAX {
        match receiver.recv_timeout(SLOW) {
            Ok(done) => return Ok(done),
            Err(RecvTimeoutError::Disconnected) => return Err("writing panicked".to_owned()),
            Err(RecvTimeoutError::Timeout) => {
                let db = db.clone();
                spawn(move || drop(db.flush()))?;
            }
        }
    }
    Err("writing timed out".to_owned())
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let spawned = thread::Builder::new().name("sled-write".into()).spawn(work);
    spawned.map(drop).map_err(|error| format!("cannot start a thread to write: {error}"))
}

fn open_file(datastore: &Path) -> Result<File, StoreError> {
    let path = datastore.join("db");
    private::options().read(true).write(true).open(&path).map_err(StoreError::io(&path))
}

/// The reason that a batch was not written.
#[derive(Debug)]
enum WriteError {
    Full,
    Other(String),
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WriteError::Full => f.write_str("no space left on its disk"),
            WriteError::Other(why) => f.write_str(why),
        }
    }
}

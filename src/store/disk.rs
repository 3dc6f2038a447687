//! The datastore as the writer's [`Disk`]: batches into sled, and what to do when the disk is full.
//!
//! sled fails for good once one of its writes failed: it is then closed and opened again, which ends
//! with the last batch that was whole. Invariant: a datastore after a failure that was not recovered
//! from is not sealed, so that the next start looks at it as after a crash.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use super::export::Export;
use super::open::within;
use super::reserve::{Reserve, is_full};
use super::writer::{Batch, Disk};
use super::{Store, StoreError};

/// How long a batch may take. sled may wait for ever after an error on one of its threads.
const WRITE_TIME_MAX: Duration = Duration::from_secs(30);

/// An open datastore with its reserve.
#[derive(Debug)]
pub(super) struct Database {
    /// Absent only when it could not be opened again.
    store: Option<Store>,
    reserve: Reserve,
    /// sled's file, for its length and the like to be durable too.
    file: File,
}

impl Database {
    pub(super) fn new(store: Store) -> Result<Database, StoreError> {
        let file = open_file(store.path())?;
        let reserve = Reserve::new(store.path());
        Ok(Database { store: Some(store), reserve, file })
    }

    fn try_write(&self, batch: &Batch) -> Result<(), WriteError> {
        let Some(store) = &self.store else { return Err(WriteError::Other("it is closed".to_owned())) };
        let mut writes = sled::Batch::default();
        for (key, value) in batch {
            match value {
                Some(value) => writes.insert(key.as_bytes(), value.as_slice()),
                None => writes.remove(key.as_bytes()),
            }
        }
        let db = store.db().clone();
        match within(WRITE_TIME_MAX, move || db.apply_batch(writes).and_then(|()| db.flush())) {
            Ok(Ok(_)) => {}
            Ok(Err(sled::Error::Io(error))) if is_full(&error) => return Err(WriteError::Full),
            Ok(Err(error)) => return Err(WriteError::Other(error.to_string())),
            Err(why) => return Err(WriteError::Other(format!("writing {why}"))),
        }
        // sled waits for the bytes alone, which a power failure could leave without a place.
        match self.file.sync_data() {
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

    /// After a full disk: with the space kept back, once more.
    fn write_again(&mut self, batch: &Batch) -> Result<(), String> {
        self.reserve.give_up();
        self.reopen().map_err(|error| error.to_string())?;
        self.try_write(batch).map_err(|error| error.to_string())
    }
}

impl Disk for Database {
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

impl Drop for Database {
    fn drop(&mut self) {
        // The seal, too, needs a little space.
        self.reserve.prepare(0);
    }
}

fn open_file(datastore: &Path) -> Result<File, StoreError> {
    let path = datastore.join("db");
    File::options().read(true).write(true).open(&path).map_err(StoreError::io(&path))
}

/// Why a batch was not written.
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

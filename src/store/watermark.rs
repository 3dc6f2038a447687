//! The watermark: the number of the last batch that was made durable, in a small file beside sled's.
//!
//! sled takes damage in the middle of its log for the end of it and drops what comes after. Every batch
//! carries its number, so a database that is behind its watermark has lost something. After a power
//! failure the file may itself be behind: then it notices less, but never condemns a sound database.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::{StoreError, keys};
use crate::private;

const NAME: &str = "watermark";

/// The open file.
#[derive(Debug)]
pub(super) struct Watermark {
    file: File,
    /// Number of the last batch.
    pub(super) batch: u64,
}

impl Watermark {
    /// Goes on from the last batch of the database.
    pub(super) fn open(dir: &Path, db: &sled::Db) -> Result<Watermark, StoreError> {
        let path = dir.join(NAME);
        let file = private::options().create(true).truncate(false).write(true).open(&path);
        Ok(Watermark { file: file.map_err(StoreError::io(&path))?, batch: last_batch(dir, db)? })
    }

    /// Notes that a batch is durable.
    pub(super) fn rise(&mut self, batch: u64) -> io::Result<()> {
        self.batch = batch;
        self.file.write_all_at(&batch.to_be_bytes(), 0)
    }
}

/// Refuses a database that has lost batches; `dir` is where the watermark lies.
pub(super) fn check(dir: &Path, db: &sled::Db) -> Result<(), StoreError> {
    let path = dir.join(NAME);
    let noted = match std::fs::read(&path) {
        Ok(bytes) => number(&bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(StoreError::Io(path, error)),
    };
    let found = last_batch(dir, db)?;
    if found < noted {
        let lost = format!("its last {} batches of changes are gone", noted - found);
        return Err(StoreError::damaged(dir, lost));
    }
    Ok(())
}

/// The number of the last batch in a database.
pub(super) fn last_batch(dir: &Path, db: &sled::Db) -> Result<u64, StoreError> {
    let stored = db.get(keys::BATCH).map_err(|error| StoreError::damaged(dir, error))?;
    Ok(stored.map_or(0, |bytes| number(&bytes)))
}

/// Eight bytes as a number; 0 for anything else.
pub(super) fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}

//! The watermark: the number of the last durable batch, in a small file beside those of sled.
//!
//! sled mistakes damage in the middle of its log for the end and drops the rest. Every batch contains its
//! number, so a database that is behind its watermark has lost batches. After a power failure, the watermark
//! itself may be behind: it then detects less, but never rejects an intact database.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::{StoreError, keys};
use crate::private;

const NAME: &str = "watermark";

/// The open file of a watermark.
#[derive(Debug)]
pub(super) struct Watermark {
    file: File,
    /// The number of the last batch.
    pub(super) batch: u64,
}

impl Watermark {
    /// Opens the watermark of a database, and continues from its last batch.
    pub(super) fn open(dir: &Path, db: &sled::Db) -> Result<Watermark, StoreError> {
        let path = dir.join(NAME);
        let file = private::options().create(true).truncate(false).write(true).open(&path);
        Ok(Watermark { file: file.map_err(StoreError::io(&path))?, batch: last_batch(dir, db)? })
    }

    /// Records that a batch is durable.
    pub(super) fn advance(&mut self, batch: u64) -> io::Result<()> {
        self.batch = batch;
        self.file.write_all_at(&batch.to_be_bytes(), 0)
    }
}

/// Rejects a database that has lost batches; `dir` is the directory of the watermark.
pub(super) fn check(dir: &Path, db: &sled::Db) -> Result<(), StoreError> {
    let path = dir.join(NAME);
    let noted = match std::fs::read(&path) {
        Ok(bytes) => number(&bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(StoreError::Io(path, error)),
    };
    let found = last_batch(dir, db)?;
    if found < noted {
        let lost = format!("its last {} batches of changes are missing", noted - found);
        return Err(StoreError::damaged(dir, lost));
    }
    Ok(())
}

/// Returns the number of the last batch in a database.
pub(super) fn last_batch(dir: &Path, db: &sled::Db) -> Result<u64, StoreError> {
    let stored = db.get(keys::BATCH).map_err(|error| StoreError::damaged(dir, error))?;
    Ok(stored.map_or(0, |bytes| number(&bytes)))
}

/// Reads eight bytes as a number; returns 0 for anything else.
pub(super) fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}

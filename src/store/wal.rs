//! The write-ahead log: a journal of the writes that sled may not have yet, inside the datastore.
//!
//! sled takes milliseconds to make a batch durable. The log stores the writes of a turn with one `write`, in
//! microseconds, after which `kill -9` cannot undo them. Each batch for sled contains the position up to
//! which it covers the log ([`keys::WAL`]); opening the datastore applies the entries after that position.
//! Invariants: an entry has all writes of a turn, and entries are in the order of the turns; changes that
//! must survive a power failure are never only in the log.

use std::io;
use std::path::{Path, PathBuf};

use sled::Db;

use super::open::{OPEN_TIME_MAX, within};
use super::writer::Batch;
use super::{StoreError, disk, keys, watermark};
use crate::config::LogType;
use crate::engine::Write;
use crate::journal::{self, Frames, JournalReader, Log};

const NAME: &str = "wal";
/// Size at which a segment is complete and the next one begins.
const SEGMENT_BYTES_MAX: u64 = 1 << 20;
/// Replaces the length of the value if a key is deleted.
const DELETED: u32 = u32::MAX;

/// An open log.
#[derive(Debug)]
pub(super) struct Wal {
    dir: PathBuf,
    log: Log,
    frames: Frames,
}

impl Wal {
    /// Opens the log of a datastore. Returns also the writes after the position `covered`, up to the first
    /// damage; none without a position.
    pub(super) fn open(datastore: &Path, covered: Option<u64>) -> io::Result<(Wal, Batch)> {
        let dir = datastore.join(NAME);
        journal::create_dir(&dir)?;
        let (log, damage) = Log::open(&dir, covered.unwrap_or(0), SEGMENT_BYTES_MAX, |_| {})?;
        let covered = covered.unwrap_or(log.end());
        if let Some(damage) = damage {
            tracing::error!(target: LogType::Datastore.name(), "{damage}");
        }
        let mut lacking = Batch::new();
        let mut reader = JournalReader::new(&dir, covered);
        let mut is_sound = true;
        while is_sound && reader.position() < log.end() {
            let damage = reader.read(log.end(), |content| match decode(content) {
                Some(writes) if is_sound => lacking.extend(writes.map(|write| (write.key, write.value))),
                _ => is_sound = false,
            })?;
            if let Some(damage) = damage {
                tracing::error!(target: LogType::Datastore.name(), "{damage}");
                // Later turns depend on this one.
                is_sound = false;
            }
        }
        Ok((Wal { dir, log, frames: Frames::default() }, lacking))
    }

    /// Returns the directory, for [`journal::trim`].
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the position after the last entry.
    pub(super) fn end(&self) -> u64 {
        self.log.end()
    }

    /// Writes an entry. After an error, no part of it is in the log.
    pub(super) fn append(&mut self, writes: &[Write]) -> io::Result<()> {
        self.frames.clear();
        if !self.frames.add(|out| encode(out, writes)) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the changes of one turn are too large"));
        }
        self.log.append(&self.frames)
    }
}

/// Opens the log of a datastore, and writes the entries that sled does not have yet to sled.
pub(super) fn apply(path: &Path, db: &Db) -> Result<Wal, StoreError> {
    let stored = db.get(keys::WAL).map_err(|error| StoreError::damaged(path, error))?;
    let batch = watermark::last_batch(path, db)?;
    let covered = stored.as_deref().and_then(|stored| stored.split_first_chunk());
    // Otherwise a version without a log has written last, and entries would undo its changes.
    let covered = covered.filter(|(_, said_by)| watermark::number(said_by) == batch);
    let covered = covered.map(|(position, _)| u64::from_be_bytes(*position));
    let (wal, lacking) = Wal::open(path, covered).map_err(StoreError::io(path))?;
    if !lacking.is_empty() || covered.is_none() {
        let mut writes = sled::Batch::default();
        for (key, value) in &lacking {
            match value {
                Some(value) => writes.insert(key.as_bytes(), value.as_slice()),
                None => writes.remove(key.as_bytes()),
            }
        }
        writes.insert(keys::WAL, disk::covered(&wal.end().to_be_bytes(), batch));
        write(path, db, writes)?;
    }
    Ok(wal)
}

fn write(path: &Path, db: &Db, writes: sled::Batch) -> Result<(), StoreError> {
    let db = db.clone();
    let written = within(OPEN_TIME_MAX, move || db.apply_batch(writes).and_then(|()| db.flush()).map(drop))
        .map_err(|why| StoreError::damaged(path, format!("writing to it {why}")))?;
    written.map_err(|error| match error {
        sled::Error::Io(error) => StoreError::Io(path.to_owned(), error),
        error => StoreError::damaged(path, error),
    })
}

/// Appends keys and values, each after its length in four bytes.
fn encode(out: &mut Vec<u8>, writes: &[Write]) {
    for Write { key, value } in writes {
        out.extend_from_slice(&(key.len() as u32).to_le_bytes());
        out.extend_from_slice(key.as_bytes());
        let len = value.as_ref().map_or(DELETED, |value| value.len() as u32);
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(value.as_deref().unwrap_or_default());
    }
}

/// Reads an entry; `None` if the bytes are not one.
fn decode(mut bytes: &[u8]) -> Option<impl Iterator<Item = Write>> {
    let mut writes = Vec::new();
    while !bytes.is_empty() {
        let len = take_len(&mut bytes)?;
        let key = str::from_utf8(bytes.split_off(..len as usize)?).ok()?.to_owned();
        let value = match take_len(&mut bytes)? {
            DELETED => None,
            len => Some(bytes.split_off(..len as usize)?.to_vec()),
        };
        writes.push(Write { key, value });
    }
    Some(writes.into_iter())
}

fn take_len(bytes: &mut &[u8]) -> Option<u32> {
    let (len, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(key: &str, value: &str) -> Write {
        Write { key: key.into(), value: Some(value.into()) }
    }

    #[test]
    fn an_entry_is_read_back_unchanged_or_not_at_all() {
        let writes = [set("a/ü", "{\"x\":1}"), Write { key: "b".into(), value: None }, set("c", "")];
        let mut bytes = Vec::new();
        encode(&mut bytes, &writes);
        assert_eq!(decode(&bytes).unwrap().collect::<Vec<_>>(), writes);
        let cuts = (1..bytes.len()).filter(|&end| decode(&bytes[..end]).is_some());
        // Only at the ends of writes; the checksum of the frame detects these cuts.
        assert_eq!(cuts.count(), 2);
    }

    #[test]
    fn entries_after_a_position_are_applied_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let (mut wal, lacking) = Wal::open(dir.path(), None).unwrap();
        assert!(lacking.is_empty());
        wal.append(&[set("a", "1"), set("b", "1")]).unwrap();
        let covered = wal.end();
        wal.append(&[set("a", "2")]).unwrap();
        wal.append(&[Write { key: "b".into(), value: None }, set("a", "3")]).unwrap();
        let end = wal.end();
        drop(wal);
        let (wal, lacking) = Wal::open(dir.path(), Some(covered)).unwrap();
        assert_eq!(wal.end(), end);
        assert_eq!(lacking, Batch::from([("a".into(), Some(b"3".to_vec())), ("b".into(), None)]));
        drop(wal);
        // sled may be ahead of what survived of the log in a power failure.
        let (wal, lacking) = Wal::open(dir.path(), Some(end + 1000)).unwrap();
        assert_eq!((wal.end(), lacking.len()), (end + 1000, 0));
    }
}

//! Reserves disk space for when the disk is full.
//!
//! The reserve is a file beside the datastore that only takes up space. It is removed before the datastore
//! runs out of space, so that changes that clients have already seen can still be written, and created again
//! when there is room. Invariant: [`DiskReserve::has_room`] is true only while the file exists (or the file
//! system cannot reserve space at all).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate, statvfs};

use super::open::beside;
use crate::config::LogType;
use crate::private;

/// Size of the file: more than all writes that can wait, in the units in which sled writes.
const RESERVE_BYTES: u64 = 8 << 20;
/// Free space below which the next write may fail: a few of sled's segments, which have half a MiB each.
const FREE_BYTES_MIN: u64 = 2 << 20;

/// The reserve of a datastore.
#[derive(Debug)]
pub(super) struct DiskReserve {
    path: PathBuf,
    status: ReserveStatus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReserveStatus {
    Held,
    Released,
    /// The file system cannot reserve space.
    Impossible,
}

impl DiskReserve {
    /// Returns the reserve of a datastore, after creating it if there is room.
    pub(super) fn new(datastore: &Path) -> DiskReserve {
        let path = beside(datastore, "reserve");
        let status = if is_whole(&path) { ReserveStatus::Held } else { ReserveStatus::Released };
        let mut reserve = DiskReserve { path, status };
        if reserve.status == ReserveStatus::Released && !reserve.has_room() {
            reserve.log_full("is almost full");
        }
        reserve
    }

    /// Releases the space if a write of `bytes` may need more than is free.
    pub(super) fn prepare(&mut self, bytes: u64) {
        if self.status == ReserveStatus::Held && self.free_bytes() < FREE_BYTES_MIN + 2 * bytes {
            self.release();
        }
    }

    /// Releases the space.
    pub(super) fn release(&mut self) {
        if self.status != ReserveStatus::Held {
            return;
        }
        self.log_full("is full, so the reserved space is used");
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(target: LogType::Datastore.name(), "{}: {error}", self.path.display());
        }
        self.status = ReserveStatus::Released;
    }

    /// Returns whether there is space for further changes; creates the file again if there is.
    pub(super) fn has_room(&mut self) -> bool {
        if self.status == ReserveStatus::Released && self.free_bytes() >= RESERVE_BYTES + 2 * FREE_BYTES_MIN {
            let path = self.path.display();
            self.status = match allocate(&self.path) {
                Ok(()) => ReserveStatus::Held,
                Err(error) if is_full(&error) => ReserveStatus::Released,
                Err(error) => {
                    tracing::warn!(
                        target: LogType::Datastore.name(),
                        "cannot reserve space in {path}: {error}"
                    );
                    ReserveStatus::Impossible
                }
            };
            if self.status == ReserveStatus::Held {
                tracing::info!(
                    target: LogType::Datastore.name(),
                    "reserved {} MiB in {path}",
                    RESERVE_BYTES >> 20
                );
            }
        }
        self.status != ReserveStatus::Released
    }

    fn log_full(&self, what: &str) {
        let place = self.path.with_extension("");
        tracing::error!(
            target: LogType::Datastore.name(),
            "the disk of {} {what}: nothing new can be stored until {} MiB are free",
            place.display(),
            (RESERVE_BYTES + 2 * FREE_BYTES_MIN) >> 20
        );
    }

    /// Returns the free space; a file system that does not report it counts as having enough.
    fn free_bytes(&self) -> u64 {
        let place = self.path.parent().filter(|place| !place.as_os_str().is_empty());
        statvfs(place.unwrap_or(Path::new("."))).map_or(u64::MAX, |room| room.f_bavail * room.f_frsize)
    }
}

/// Releases the space of a datastore that is not open; returns false if there is none.
pub(super) fn remove(datastore: &Path) -> bool {
    fs::remove_file(beside(datastore, "reserve")).is_ok()
}

/// Returns whether an operation failed because the disk is full.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Returns whether the file is complete. A shorter one was interrupted when it was created.
fn is_whole(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.len() == RESERVE_BYTES)
}

/// Creates the file, or leaves nothing behind.
fn allocate(path: &Path) -> io::Result<()> {
    let file = private::options().create(true).truncate(true).write(true).open(path)?;
    let made = fallocate(&file, FallocateFlags::empty(), 0, RESERVE_BYTES);
    if made.is_err() {
        let _ = fs::remove_file(path);
    }
    Ok(made?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn space_is_really_reserved_released_and_reserved_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut reserve = DiskReserve::new(&dir.path().join("ircd.db"));
        let file = dir.path().join("ircd.db.reserve");
        assert!(reserve.has_room());
        assert!(fs::metadata(&file).unwrap().blocks() * 512 >= RESERVE_BYTES);
        reserve.prepare(1000);
        assert!(file.exists());
        // More space than any disk has.
        reserve.prepare(u64::MAX / 4);
        assert!(!file.exists());
        assert!(reserve.has_room());
        assert!(file.exists());
    }

    #[test]
    fn an_existing_reserve_is_kept_and_an_incomplete_one_completed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ircd.db");
        drop(DiskReserve::new(&path));
        let file = dir.path().join("ircd.db.reserve");
        assert!(DiskReserve::new(&path).has_room());
        fs::File::options().write(true).open(&file).unwrap().set_len(1000).unwrap();
        assert!(DiskReserve::new(&path).has_room());
        assert!(is_whole(&file));
    }
}

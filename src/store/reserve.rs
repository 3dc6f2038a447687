//! Disk space kept in reserve for when the disk is full.
//!
//! A file beside the datastore that only takes up space. It is removed before the datastore would run out of
//! space, so that what clients were already promised can still be written, and created again when there is
//! room. Invariant: [`Reserve::has_room`] is true only while the file is there (or the file system cannot
//! keep space back at all).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate, statvfs};

use super::open::beside;
use crate::private;

/// Size of the file. More than all writes that can wait, in the pieces in which sled writes.
const RESERVE_BYTES: u64 = 8 << 20;
/// Free space below which the next write may fail: a few of sled's segments, of half a MiB each.
const FREE_BYTES_MIN: u64 = 2 << 20;

/// The file.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Held,
    GivenUp,
    /// The file system cannot reserve space.
    Impossible,
}

impl Reserve {
    /// The reserve of a datastore, made if there is room for it.
    pub(super) fn new(datastore: &Path) -> Reserve {
        let path = beside(datastore, "reserve");
        let status = if is_whole(&path) { Status::Held } else { Status::GivenUp };
        let mut reserve = Reserve { path, status };
        if reserve.status == Status::GivenUp && !reserve.has_room() {
            reserve.complain("is almost full");
        }
        reserve
    }

    /// Gives the space up when less is free than `bytes` may take.
    pub(super) fn prepare(&mut self, bytes: u64) {
        if self.status == Status::Held && self.free_bytes() < FREE_BYTES_MIN + 2 * bytes {
            self.give_up();
        }
    }

    /// Gives the space up.
    pub(super) fn give_up(&mut self) {
        if self.status != Status::Held {
            return;
        }
        self.complain("is full, so the space kept back is used");
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(target: "datastore", "{}: {error}", self.path.display());
        }
        self.status = Status::GivenUp;
    }

    /// Whether there is space for more than what was promised; makes the file again if there is.
    pub(super) fn has_room(&mut self) -> bool {
        if self.status == Status::GivenUp && self.free_bytes() >= RESERVE_BYTES + 2 * FREE_BYTES_MIN {
            self.status = match allocate(&self.path) {
                Ok(()) => Status::Held,
                Err(error) if is_full(&error) => Status::GivenUp,
                Err(error) => {
                    tracing::warn!(target: "datastore", "no space kept back in {}: {error}", self.path.display());
                    Status::Impossible
                }
            };
            if self.status == Status::Held {
                tracing::info!(target: "datastore", "{} MiB kept back in {}", RESERVE_BYTES >> 20, self.path.display());
            }
        }
        self.status != Status::GivenUp
    }

    fn complain(&self, what: &str) {
        let place = self.path.with_extension("");
        tracing::error!(
            target: "datastore",
            "the disk of {} {what}: nothing new can be stored until {} MiB are free",
            place.display(),
            (RESERVE_BYTES + 2 * FREE_BYTES_MIN) >> 20
        );
    }

    /// What we may use; a file system that does not say has enough.
    fn free_bytes(&self) -> u64 {
        let place = self.path.parent().filter(|place| !place.as_os_str().is_empty());
        statvfs(place.unwrap_or(Path::new("."))).map_or(u64::MAX, |room| room.f_bavail * room.f_frsize)
    }
}

/// Gives up the space of a datastore that is not open; false if there was none.
pub(super) fn remove(datastore: &Path) -> bool {
    fs::remove_file(beside(datastore, "reserve")).is_ok()
}

/// Whether an operation failed for lack of space.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// A file that is shorter was interrupted when it was made.
fn is_whole(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.len() == RESERVE_BYTES)
}

/// Makes the file, or leaves nothing behind.
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
    fn the_space_is_real_given_up_and_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut reserve = Reserve::new(&dir.path().join("ircd.db"));
        let file = dir.path().join("ircd.db.reserve");
        assert!(reserve.has_room());
        assert!(fs::metadata(&file).unwrap().blocks() * 512 >= RESERVE_BYTES);
        reserve.prepare(1000);
        assert!(file.exists());
        // More than any disk has.
        reserve.prepare(u64::MAX / 4);
        assert!(!file.exists());
        assert!(reserve.has_room());
        assert!(file.exists());
    }

    #[test]
    fn one_that_is_there_is_kept_and_half_a_one_made_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ircd.db");
        drop(Reserve::new(&path));
        let file = dir.path().join("ircd.db.reserve");
        assert!(Reserve::new(&path).has_room());
        fs::File::options().write(true).open(&file).unwrap().set_len(1000).unwrap();
        assert!(Reserve::new(&path).has_room());
        assert!(is_whole(&file));
    }
}

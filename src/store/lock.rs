//! Files that only one process at a time can lock. The operating system releases the lock whenever the
//! process ends, even by a crash; the file stays.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::StoreError;
use crate::private;

/// A file that this process has locked until drop.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Locks the file `path`, which is created if necessary. Never waits. No other user can open the file,
    /// because a user who can open it can also lock it.
    pub fn acquire(path: &Path) -> Result<FileLock, StoreError> {
        private::restrict(path);
        let file = private::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(StoreError::io(path))?;
        FileLock::take(file, "lock file", path)
    }

    /// Locks an open file; `it` and `path` are for the error.
    pub(super) fn take(file: File, it: &'static str, path: &Path) -> Result<FileLock, StoreError> {
        match file.try_lock() {
            Ok(()) => Ok(FileLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(it, path.to_owned())),
            Err(TryLockError::Error(error)) => Err(StoreError::Io(path.to_owned(), error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_exclusive_until_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ircd.lock");
        let held = FileLock::acquire(&path).unwrap();
        let error = FileLock::acquire(&path).unwrap_err().to_string();
        assert!(error.ends_with("ircd.lock is in use by another process"), "{error}");
        drop(held);
        FileLock::acquire(&path).unwrap();
    }
}

//! Files that only one process at a time can hold. The operating system releases the lock when the process
//! ends, however it ends; the file stays.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::StoreError;
use crate::private;

/// A file held by this process until dropped.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock file `path`, creating it if necessary. Never waits. No other user can open the file, as this is all
    /// that is needed to lock it.
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
    fn a_lock_is_held_once_and_free_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ircd.lock");
        let held = FileLock::acquire(&path).unwrap();
        let refused = FileLock::acquire(&path).unwrap_err().to_string();
        assert!(refused.ends_with("ircd.lock is in use by another process"), "{refused}");
        drop(held);
        FileLock::acquire(&path).unwrap();
    }
}

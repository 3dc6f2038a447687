//! Errors of datastores, locks and secrets. Each text is one line for the administrator.

use std::path::{Path, PathBuf};
use std::{error, fmt, io};

/// The reason that an operation on the datastore failed.
#[derive(Debug)]
pub enum StoreError {
    /// Another process uses a `datastore` or `lock file`.
    InUse(&'static str, PathBuf),
    /// The datastore to create already exists.
    Exists(PathBuf),
    /// The path is not a datastore of this program.
    NotADatastore(PathBuf, &'static str),
    /// The datastore is incomplete or corrupt.
    Damaged(PathBuf, String),
    /// A newer version of this program wrote the datastore: its schema version, and the newest known one.
    Newer(PathBuf, u32, u32),
    /// An older version wrote the datastore, and upgrading is not allowed now.
    Outdated(PathBuf, u32, u32),
    /// A migration failed: its name and the reason.
    Migration(&'static str, String),
    /// An operation on a file failed.
    Io(PathBuf, io::Error),
    /// The operating system provides no random bytes.
    Entropy(String),
}

impl StoreError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        let path = path.to_owned();
        move |error| StoreError::Io(path, error)
    }

    pub(super) fn damaged(path: &Path, what: impl fmt::Display) -> StoreError {
        StoreError::Damaged(path.to_owned(), what.to_string())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::InUse(it, path) => write!(f, "{it} {} is in use by another process", path.display()),
            StoreError::Exists(path) => write!(f, "datastore {} already exists", path.display()),
            StoreError::NotADatastore(path, why) => {
                write!(f, "{} is not a datastore of ircd: {why}", path.display())
            }
            StoreError::Damaged(path, what) => {
                write!(f, "datastore {} is damaged and was left unchanged: {what}", path.display())
            }
            StoreError::Newer(path, found, known) => write!(
                f,
                "datastore {} has schema version {found}, and this ircd supports versions up to {known}: \
                 use a newer ircd",
                path.display()
            ),
            StoreError::Outdated(path, found, known) => write!(
                f,
                "datastore {} has schema version {found}, and this ircd needs {known}: \
                 run `ircd upgradedb`, or set datastore.autoupgrade",
                path.display()
            ),
            StoreError::Migration(name, why) => write!(f, "datastore migration \"{name}\" failed: {why}"),
            StoreError::Io(path, error) => write!(f, "{}: {error}", path.display()),
            StoreError::Entropy(error) => write!(f, "no random bytes from the operating system: {error}"),
        }
    }
}

impl error::Error for StoreError {}

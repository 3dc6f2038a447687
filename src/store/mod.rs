//! The datastore: an embedded key-value database for everything except history that must outlive the process.
//!
//! No handler reads it: the engine gets all records at startup, and one [`StoreWriter`] writes changes.
//! Invariant: a database that is damaged, or was written by another program or a newer version, is rejected
//! before a byte of it is changed.

mod control;
mod disk;
mod error;
mod export;
mod keys;
mod lock;
mod migrate;
mod open;
mod reserve;
mod seal;
mod secret;
mod wal;
mod watermark;
mod writer;

pub use control::request_export;
pub use error::StoreError;
pub use export::Export;
pub use lock::FileLock;
pub use open::{Outdated, Store};
pub use secret::{entropy, random_secret};
pub use writer::{Batch, Disk, Progress, StoreWriter};

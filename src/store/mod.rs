//! The datastore: one embedded key-value database that holds whatever must outlive the process.
//!
//! It is not the history, and no handler reads it: what the engine needs is read at start and handed
//! over; one [`Writer`] writes what changes. Invariant: a database that this version did not write in
//! every part (another program's, a damaged one, one of a newer version) is refused before a byte of it
//! is changed.

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
pub use writer::{Batch, Disk, Progress, Writer};

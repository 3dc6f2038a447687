//! The datastore: one embedded key-value database that holds whatever must outlive the process.
//!
//! So far that is its schema version and the secret of the host cloaks. It is not the history, and no
//! handler reads it: what the engine needs is read at start and handed over. Invariant: a database that this version did not write in every part (another program's, a
//! damaged one, one of a newer version) is refused before a byte of it is changed.

mod error;
mod keys;
mod lock;
mod migrate;
mod open;
mod seal;
mod secret;

pub use error::StoreError;
pub use lock::FileLock;
pub use open::{Outdated, Store};
pub use secret::{entropy, random_secret};

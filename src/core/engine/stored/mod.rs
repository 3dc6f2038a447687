//! What the engine is, what happens to it and what it does, as bytes: snapshots, events, and digests of
//! effects. A recording is made of these; several nodes and seamless upgrades will be.
//!
//! Bytes carry no names, so a reader must have the types of the writer. [`FORM`] lists them as they are
//! stored; `tests/engine/form.rs` compares the list with the code and gives it a new version when they
//! differ. Whatever keeps such bytes keeps [`StoredForm::here`] with them.

mod digest;
mod event;
mod snapshot;
mod waiting;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::{Config, Document};
pub use crate::state::codec::Malformed;
pub use digest::digest;
pub use event::{put_event, take_event};
pub use snapshot::Snapshot;

/// The types that are stored, with their fields in order; the first line is the version.
const FORM: &str = include_str!("form.txt");

/// Which types some bytes were made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredForm {
    /// Grows with every change.
    pub version: u32,
    /// Checksum of the list: two branches may have given the same version to different changes.
    pub checksum: u32,
}

impl StoredForm {
    /// The form that this program writes and reads.
    pub fn here() -> StoredForm {
        let version = FORM.lines().next().and_then(|line| line.strip_prefix("version ")?.parse().ok());
        StoredForm { version: version.unwrap_or_default(), checksum: crc32fast::hash(FORM.as_bytes()) }
    }
}

impl fmt::Display for StoredForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:08x}", self.version, self.checksum)
    }
}

/// A configuration from what it was read from.
fn read_config(document: &Document) -> Result<Config, Malformed> {
    let loaded = document.load().map_err(|problems| {
        let first = problems.first().map(|problem| problem.display("configuration").to_string());
        Malformed(format!("the configuration in it is not valid: {}", first.unwrap_or_default()))
    })?;
    Ok(loaded.config)
}

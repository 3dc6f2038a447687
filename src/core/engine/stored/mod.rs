//! The engine as bytes: snapshots, events, and digests of effects. Recordings consist of these; several nodes
//! and seamless upgrades will use them.
//!
//! The bytes contain no names, so a reader must have the types of the writer. [`FORM`] lists the types as
//! they are stored; `tests/engine/form.rs` compares the list with the code and gives it a new version if they
//! differ. Code that stores such bytes must store [`StoredForm::here`] with them.

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

/// The stored types, with their fields in order; the first line is the version.
const FORM: &str = include_str!("form.txt");

/// Identifies the types with which some bytes were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredForm {
    /// The version, which increases with every change.
    pub version: u32,
    /// The checksum of the list: two branches may have given the same version to different changes.
    pub checksum: u32,
}

impl StoredForm {
    /// Returns the form that this program writes and reads.
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

/// Reads a configuration from its document.
fn read_config(document: &Document) -> Result<Config, Malformed> {
    let loaded = document.load().map_err(|problems| {
        let first = problems.first().map(|problem| problem.display("configuration").to_string());
        Malformed(format!("its configuration is not valid: {}", first.unwrap_or_default()))
    })?;
    Ok(loaded.config)
}

//! Changes the layout of the records from one schema version to the next.
//!
//! Each migration is one atomic write together with the new version number: after a crash, a datastore is at
//! one version or the next, never in between. A copy is made before the first migration.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sled::{Batch, Db};
use time::OffsetDateTime;
use time::macros::format_description;

use super::{StoreError, keys, open};

/// The step from one schema version, which is its position in the list counted from 1, to the next.
pub(super) struct Migration {
    /// A description for the administrator.
    pub(super) name: &'static str,
    /// Reads the old records and returns the changes to write.
    pub(super) run: fn(&Db) -> Result<Batch, String>,
}

/// All migrations, oldest first. New entries go to the end.
pub(super) const MIGRATIONS: &[Migration] = &[];

/// Returns the version of a database after `migrations`.
pub(super) fn newest(migrations: &[Migration]) -> u32 {
    1 + migrations.len() as u32
}

/// Reads the schema version.
pub(super) fn version(path: &Path, db: &Db) -> Result<u32, StoreError> {
    let stored = db.get(keys::SCHEMA_VERSION).map_err(|error| StoreError::damaged(path, error))?;
    let text = stored.ok_or_else(|| StoreError::damaged(path, "its schema version is missing"))?;
    std::str::from_utf8(&text)
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|version| *version >= 1)
        .ok_or_else(|| StoreError::damaged(path, "its schema version is not a number"))
}

/// Migrates the database from version `from` to the newest. Returns the path of the copy made before.
pub(super) fn run(path: &Path, db: &Db, from: u32, migrations: &[Migration]) -> Result<PathBuf, StoreError> {
    let copy = back_up(path, db, from)?;
    for (version, migration) in (from + 1..).zip(&migrations[from as usize - 1..]) {
        let failed = |why: String| StoreError::Migration(migration.name, why);
        let mut batch = (migration.run)(db).map_err(failed)?;
        batch.insert(keys::SCHEMA_VERSION, version.to_string().as_str());
        db.apply_batch(batch).and_then(|()| db.flush()).map_err(|error| failed(error.to_string()))?;
    }
    Ok(copy)
}

/// Copies all records to a new database beside the original.
fn back_up(path: &Path, db: &Db, version: u32) -> Result<PathBuf, StoreError> {
    let stamp = OffsetDateTime::from(SystemTime::now())
        .format(format_description!("[year][month][day]T[hour][minute][second]Z"))
        .map_err(|error| StoreError::Migration("backup", error.to_string()))?;
    let copy = open::beside(path, &format!("v{version}.{stamp}.bak"));
    let mut batch = Batch::default();
    for record in db.iter() {
        let (key, value) = record.map_err(|error| StoreError::damaged(path, error))?;
        batch.insert(key, value);
    }
    open::create(&copy, batch)?;
    Ok(copy)
}

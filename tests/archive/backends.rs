//! The backends that the suite runs on; each can be opened repeatedly.

use std::time::Duration;

use ircd::archive::{ArchiveSettings, Backend, Database, DatabaseAddress, LiveSettings};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::memory::Memory;
use crate::mysql::TestDatabase;
use crate::{block_on, sqlite_config};

pub(crate) trait TestBackend {
    type Backend: Backend;

    /// Opens the backend on the existing data.
    fn open(&self) -> Self::Backend;
}

impl TestBackend for Memory {
    type Backend = Memory;

    fn open(&self) -> Memory {
        self.clone()
    }
}

/// SQLite, with a file in its own directory.
pub(crate) struct Sqlite(pub(crate) TempDir);

impl Sqlite {
    pub(crate) fn new() -> Sqlite {
        Sqlite(tempfile::tempdir().unwrap())
    }
}

impl TestBackend for Sqlite {
    type Backend = Database;

    fn open(&self) -> Database {
        prepared(&ArchiveSettings::of(&sqlite_config(self.0.path())).unwrap())
    }
}

impl TestBackend for TestDatabase {
    type Backend = Database;

    fn open(&self) -> Database {
        prepared(&mysql_settings(self.address.clone()))
    }
}

pub(crate) fn mysql_settings(address: DatabaseAddress) -> ArchiveSettings {
    let live = LiveSettings {
        time_max: Duration::from_secs(30),
        expire_time: Duration::ZERO,
        sync_interval: Duration::from_millis(500),
        spool_bytes_max: 1 << 30,
    };
    ArchiveSettings { address, conns_max: 4, conn_age_max: Duration::ZERO, spool: "nowhere".into(), live }
}

pub(crate) fn database(settings: &ArchiveSettings) -> Database {
    Database::new(settings, watch::channel(settings.live).1)
}

fn prepared(settings: &ArchiveSettings) -> Database {
    let database = database(settings);
    block_on(database.prepare()).unwrap();
    database
}

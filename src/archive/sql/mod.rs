//! History in SQL tables, with sqlx: SQLite, MySQL and MariaDB, with the same statements in their dialects.
//!
//! A message is a row for each place where it is stored (a channel or a side of a conversation), clustered by
//! place and id, so that a page is a contiguous range of rows. The differences between databases are in
//! `dialect`. Invariants: every wait for a database has a timeout; a connection is closed if its work is
//! canceled.

mod connection;
mod dialect;
mod pool;
mod read;
mod schema;
mod write;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use self::pool::ConnectionPool;
use super::export::ExportFile;
use super::settings::{ArchiveSettings, DatabaseAddress, LiveSettings};
use super::{Backend, Error};
use crate::history::{Found, HistoryKey, Query, Record};
use crate::wire::MsgId;

/// Timeout for creating or changing the layout.
const PREPARE_TIME_MAX: Duration = Duration::from_secs(60);
/// Maximum number of places whose row numbers are cached.
const KNOWN_MAX: usize = 10_000;
/// Number of items that are deleted in one transaction when the messages of an account are deleted.
const FORGET_STEP: usize = 1000;

/// A database, with pools of connections.
#[derive(Debug)]
pub struct Database {
    address: DatabaseAddress,
    readers: ConnectionPool,
    /// Has one connection.
    writer: ConnectionPool,
    known: Mutex<RowCache>,
}

/// The row numbers of places, as far as the writer has cached them.
type RowCache = HashMap<HistoryKey, i64>;

impl Database {
    /// Creates a database that connects when it is first used.
    pub fn new(settings: &ArchiveSettings, live: watch::Receiver<LiveSettings>) -> Database {
        let pool = |size| ConnectionPool::new(&settings.address, size, settings.conn_age_max, live.clone());
        Database {
            address: settings.address.clone(),
            readers: pool(settings.conns_max),
            writer: pool(1),
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, RowCache> {
        // No code that can panic leaves the map half-updated.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores records in one transaction. There must be no [`Record::Forget`] among them.
    async fn store_together(&self, records: &[Record]) -> Result<(), Error> {
        let stored =
            self.writer.run(async |connection| write::store(connection, &self.known, records).await).await;
        if stored.is_err() {
            // Some of the cached rows may have been rolled back.
            self.known().clear();
        }
        stored
    }

    /// Deletes the messages of an account, in several transactions.
    async fn forget(&self, account: &str) -> Result<(), Error> {
        let forget = async |connection: &mut _| write::forget(connection, account, FORGET_STEP).await;
        while self.writer.run(forget).await? >= FORGET_STEP as u64 {
            tokio::task::yield_now().await;
        }
        self.known().clear();
        Ok(())
    }

    /// Exports the messages of an account to channels, page by page.
    async fn export(&self, account: &str, path: &str) -> Result<Found, Error> {
        let failed = |error: std::io::Error| Error::Unstorable(format!("{path}: {error}"));
        let mut file = ExportFile::create(path.as_ref()).map_err(failed)?;
        let mut last = None;
        loop {
            let page = async |connection: &mut _| read::said(connection, account, last).await;
            let page = self.readers.run(page).await?;
            for (_, channel, item) in &page {
                file.add(channel, item).map_err(failed)?;
            }
            let Some((place, _, item)) = page.last() else { break };
            last = Some((item.id(), *place));
        }
        file.finish().map(Found::Exported).map_err(failed)
    }
}

impl Backend for Database {
    async fn prepare(&self) -> Result<Option<MsgId>, Error> {
        self.known().clear();
        let prepared = async {
            match self.address {
                // If it were closed later, SQLite might delete the log of a new file in place of the old one.
                DatabaseAddress::Sqlite { .. } => self.close().await,
                // A clean close would wait for a server that hangs.
                DatabaseAddress::Mysql { .. } => {
                    self.writer.forget_idle();
                    self.readers.forget_idle();
                }
            }
            schema::prepare(&self.address).await
        };
        tokio::time::timeout(PREPARE_TIME_MAX, prepared)
            .await
            .unwrap_or_else(|_| Err(Error::Unavailable("no answer in time".to_owned())))
    }

    async fn store(&self, records: &[Record]) -> Result<(), Error> {
        for part in records.chunk_by(|one, next| !is_forget(one) && !is_forget(next)) {
            match part {
                [Record::Forget { account }] => self.forget(account).await?,
                part => self.store_together(part).await?,
            }
        }
        Ok(())
    }

    async fn answer(&self, query: &Query) -> Result<Found, Error> {
        match query {
            Query::Page { target, ranges } => {
                let page = async |connection: &mut _| read::page(connection, target, ranges).await;
                self.readers.run(page).await.map(Found::Items)
            }
            Query::Targets(listing) => {
                let targets = async |connection: &mut _| read::targets(connection, listing).await;
                self.readers.run(targets).await.map(Found::Targets)
            }
            Query::Find { target, id } => {
                let find = async |connection: &mut _| read::find(connection, target, *id).await;
                self.readers.run(find).await.map(Found::Items)
            }
            Query::Export { account, file } => self.export(account, file).await,
        }
    }

    async fn expire(&self, before: MsgId, limit: usize) -> Result<u64, Error> {
        let expired =
            self.writer.run(async |connection| write::expire(connection, before, limit).await).await?;
        if expired > 0 {
            self.known().clear();
        }
        Ok(expired)
    }

    async fn close(&self) {
        self.readers.close().await;
        // Closed last, so that SQLite moves its log into the file.
        self.writer.close().await;
    }
}

fn is_forget(record: &Record) -> bool {
    matches!(record, Record::Forget { .. })
}

/// Returns the stored form of an id: sixteen bytes that sort like the id.
fn id_bytes(id: MsgId) -> [u8; 16] {
    id.to_bits().to_be_bytes()
}

/// Returns the stored owner and name of a place; a channel has no owner.
fn names(target: &HistoryKey) -> (&str, &str) {
    match target {
        HistoryKey::Channel(name) => ("", name),
        HistoryKey::Conversation { owner, with } => (owner, with),
    }
}

/// The reverse of [`names`].
fn key_of(owner: String, name: String) -> HistoryKey {
    match owner.is_empty() {
        true => HistoryKey::Channel(name.into()),
        false => HistoryKey::Conversation { owner: owner.into(), with: name.into() },
    }
}

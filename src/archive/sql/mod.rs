//! History in tables, by sqlx: SQLite, MySQL and MariaDB, with the same statements in their dialects.
//!
//! A message is a row for each place where it is to be found, clustered by place and id, so that a page is
//! one stretch of rows. What differs between databases is in `dialect`. Invariant: every wait for a database
//! has an end; a connection that was left in the middle of something is closed.

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

use self::pool::Pool;
use super::export::ExportFile;
use super::settings::{DatabaseAddress, Live, Settings};
use super::{Backend, Error};
use crate::history::{Found, HistoryKey, Query, Record};
use crate::wire::MsgId;

/// Time for making or changing the layout.
const PREPARE_TIME_MAX: Duration = Duration::from_secs(60);
/// Places whose numbers are remembered.
const KNOWN_MAX: usize = 10_000;
/// Items that are deleted in one transaction when an account is forgotten.
const FORGET_STEP: usize = 1000;

/// A database behind connections that come and go.
#[derive(Debug)]
pub struct Database {
    address: DatabaseAddress,
    readers: Pool,
    /// Of one connection.
    writer: Pool,
    known: Mutex<Known>,
}

/// The numbers of places, as far as the writer has met them.
type Known = HashMap<HistoryKey, i64>;

impl Database {
    /// Connects to nothing yet.
    pub fn new(settings: &Settings, live: watch::Receiver<Live>) -> Database {
        let pool = |size| Pool::new(&settings.address, size, settings.conn_age_max, live.clone());
        Database {
            address: settings.address.clone(),
            readers: pool(settings.conns_max),
            writer: pool(1),
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A number is put in whole or not at all.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores records of which none forgets, in one transaction.
    async fn store_together(&self, records: &[Record]) -> Result<(), Error> {
        let stored =
            self.writer.run(async |connection| write::store(connection, &self.known, records).await).await;
        if stored.is_err() {
            // What was rolled back may be among them.
            self.known().clear();
        }
        stored
    }

    /// Deletes what an account said, in pieces.
    async fn forget(&self, account: &str) -> Result<(), Error> {
        let forget = async |connection: &mut _| write::forget(connection, account, FORGET_STEP).await;
        while self.writer.run(forget).await? >= FORGET_STEP as u64 {
            tokio::task::yield_now().await;
        }
        self.known().clear();
        Ok(())
    }

    /// What an account said in channels, page by page.
    async fn export(&self, account: &str, path: &str) -> Result<Found, Error> {
        let failed = |error: std::io::Error| Error::Unfit(format!("{path}: {error}"));
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
                // Closed later, SQLite could take away the log of a file that has come in place of the old
                // one.
                DatabaseAddress::Sqlite { .. } => self.close().await,
                // A server that hangs would not answer to being closed.
                DatabaseAddress::Mysql { .. } => {
                    self.writer.forget_idle();
                    self.readers.forget_idle();
                }
            }
            schema::prepare(&self.address).await
        };
        tokio::time::timeout(PREPARE_TIME_MAX, prepared)
            .await
            .unwrap_or_else(|_| Err(Error::Away("no answer in time".to_owned())))
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
        // The last: SQLite then puts its log into the file.
        self.writer.close().await;
    }
}

fn is_forget(record: &Record) -> bool {
    matches!(record, Record::Forget { .. })
}

/// An id as it is stored: sixteen bytes that sort like it.
fn id_bytes(id: MsgId) -> [u8; 16] {
    id.to_bits().to_be_bytes()
}

/// Owner and name of a place as they are stored; a channel has no owner.
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

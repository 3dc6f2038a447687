//! Moves records from the spool to the database, and deletes expired items there.
//!
//! Invariant: the mark moves past records only after the database has committed them.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use super::settings::LiveSettings;
use super::spool;
use super::{Backend, Error};
use crate::config::LogType;
use crate::history::Record;
use crate::journal::{JournalMark, JournalReader};
use crate::wire::MsgId;

/// Time for which records are collected before they are shipped, unless a query waits for them.
const GATHER_TIME: Duration = Duration::from_millis(50);
/// First and longest pause before a failed database is tried again.
pub(super) const RETRY_TIME: Duration = Duration::from_millis(100);
const RETRY_TIME_MAX: Duration = Duration::from_secs(2);
/// Number of expired items that are deleted at once, and the pause afterwards.
const EXPIRE_STEP: usize = 500;
const EXPIRE_PAUSE: Duration = Duration::from_millis(100);
/// Interval of the search for expired items.
const EXPIRE_EVERY: Duration = Duration::from_secs(60);

/// The progress of the database.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shipped {
    /// The database is available and has the right layout.
    pub(super) is_ready: bool,
    /// The database has everything before this position.
    pub(super) position: u64,
}

/// Moves records.
#[derive(Debug)]
pub(super) struct Shipper<B> {
    pub(super) backend: Rc<B>,
    /// The name of the backend in the log.
    pub(super) name: String,
    pub(super) dir: PathBuf,
    pub(super) reader: JournalReader,
    pub(super) mark: JournalMark,
    pub(super) written: watch::Receiver<u64>,
    pub(super) shipped: watch::Sender<Shipped>,
    pub(super) live: watch::Receiver<LiveSettings>,
    pub(super) urgent: Rc<Notify>,
    pub(super) expires_next: Instant,
    /// While the database is unavailable: since when, and the next pause before a retry.
    pub(super) away: Option<(Instant, Duration)>,
}

impl<B: Backend> Shipper<B> {
    /// Ships and expires until the future is dropped.
    pub(super) async fn run(mut self) {
        loop {
            let is_ready = self.shipped.borrow().is_ready;
            let done = match is_ready {
                true => self.step().await,
                false => self.backend.prepare().await.map(|_| true),
            };
            match done {
                Ok(is_busy) => {
                    self.available();
                    if !is_busy {
                        self.wait().await;
                    }
                }
                Err(error) => self.unavailable(&error).await,
            }
        }
    }

    /// Ships the next records or else expires items; returns whether there may be more to ship.
    async fn step(&mut self) -> Result<bool, Error> {
        let failed = |error: io::Error| Error::Unavailable(format!("the spool cannot be read: {error}"));
        let end = *self.written.borrow_and_update();
        let from = self.reader.position();
        let records = spool::read(&mut self.reader, end).map_err(failed)?;
        let position = self.reader.position();
        if position > from {
            if let Err(error) = ship(&*self.backend, &records).await {
                self.reader.seek(from);
                return Err(error);
            }
            // If the mark cannot be written, a restart ships the same records again, which has no effect.
            let marked = self.mark.advance(position).and_then(|()| spool::trim(&self.dir, position));
            if let Err(error) = marked {
                tracing::error!(target: LogType::History.name(), "{}: {error}", self.dir.display());
            }
            self.shipped.send_modify(|shipped| shipped.position = position);
            return Ok(true);
        }
        self.expire().await?;
        Ok(false)
    }

    /// Deletes some expired items if it is time to do so.
    async fn expire(&mut self) -> Result<(), Error> {
        let age_max = self.live.borrow().expire_time;
        if age_max.is_zero() || Instant::now() < self.expires_next {
            return Ok(());
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let before = MsgId::first_of(now.saturating_sub(age_max).as_millis() as u64);
        let deleted = self.backend.expire(before, EXPIRE_STEP).await?;
        let pause = if deleted >= EXPIRE_STEP as u64 { EXPIRE_PAUSE } else { EXPIRE_EVERY };
        self.expires_next = Instant::now() + pause;
        Ok(())
    }

    /// Waits until there is something to do, and then a moment for more.
    async fn wait(&mut self) {
        let until_expiry = self.expires_next.saturating_duration_since(Instant::now()).max(EXPIRE_PAUSE);
        if timeout(until_expiry, self.written.changed()).await.is_ok_and(|changed| changed.is_ok()) {
            let _ = timeout(GATHER_TIME, self.urgent.notified()).await;
        }
    }

    async fn unavailable(&mut self, error: &Error) {
        self.shipped.send_modify(|shipped| shipped.is_ready = false);
        let pause = match self.away {
            Some((_, pause)) => pause,
            None => {
                let spool = self.dir.display();
                tracing::error!(
                    target: LogType::History.name(),
                    "{} is unavailable, history waits in {spool}: {error}", self.name
                );
                RETRY_TIME
            }
        };
        let since = self.away.map_or_else(Instant::now, |(since, _)| since);
        self.away = Some((since, (pause * 2).min(RETRY_TIME_MAX)));
        sleep(pause).await;
    }

    fn available(&mut self) {
        if !self.shipped.borrow().is_ready {
            self.shipped.send_modify(|shipped| shipped.is_ready = true);
            return;
        }
        if let Some((since, _)) = self.away.take() {
            let waits = self.written.borrow().saturating_sub(self.reader.position());
            let away_s = since.elapsed().as_secs_f32();
            tracing::info!(
                target: LogType::History.name(),
                "{} is available again after {away_s:.1} s, {waits} bytes wait in the spool", self.name
            );
        }
    }
}

/// Stores records, without those that the database will never accept.
async fn ship<B: Backend>(backend: &B, records: &[Record]) -> Result<(), Error> {
    match backend.store(records).await {
        Err(Error::Unstorable(_)) if records.len() > 1 => {
            let (some, others) = records.split_at(records.len() / 2);
            Box::pin(ship(backend, some)).await?;
            Box::pin(ship(backend, others)).await
        }
        Err(Error::Unstorable(why)) => {
            tracing::error!(
                target: LogType::History.name(),
                "a record was skipped, the database rejected it: {why}"
            );
            Ok(())
        }
        done => done,
    }
}

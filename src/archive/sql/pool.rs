//! A small pool of connections.
//!
//! sqlx has a pool, but with it a database that hangs also delays later queries: a connection whose work was
//! canceled goes back into the pool, and the next query waits for it first. This pool closes it at once,
//! without notifying the server. The tests compare the two.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::connection::SqlConnection;
use crate::archive::{DatabaseAddress, Error, LiveSettings};

#[derive(Debug)]
pub(super) struct ConnectionPool {
    address: DatabaseAddress,
    free: Semaphore,
    idle: Mutex<Vec<Idle>>,
    /// Age at which a connection is replaced; 0 is never.
    age_max: Duration,
    live: watch::Receiver<LiveSettings>,
}

#[derive(Debug)]
struct Idle {
    connection: SqlConnection,
    born: Instant,
    file: Option<FileId>,
}

/// Device and inode of a file.
type FileId = (u64, u64);

impl ConnectionPool {
    pub(super) fn new(
        address: &DatabaseAddress,
        size: usize,
        age_max: Duration,
        live: watch::Receiver<LiveSettings>,
    ) -> ConnectionPool {
        let free = Semaphore::new(size.clamp(1, Semaphore::MAX_PERMITS));
        ConnectionPool { address: address.clone(), free, idle: Mutex::default(), age_max, live }
    }

    /// Runs work on a connection, with the configured timeout, which includes connecting. Work that fails
    /// because an idle connection was closed is repeated on a new one.
    pub(super) async fn run<T>(
        &self,
        work: impl AsyncFn(&mut SqlConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let time_max = self.live.borrow().time_max;
        let late = |_| Err(Error::Unavailable(format!("no answer in {time_max:?}")));
        let _permit = self.free.acquire().await.map_err(|error| Error::Unavailable(error.to_string()))?;
        while let Some(Idle { mut connection, born, file }) = self.take_idle() {
            if file != self.file() {
                // Anything stored now would be lost with the old file. The connection is closed cleanly when
                // the database is prepared again.
                self.idle().push(Idle { connection, born, file });
                return Err(Error::Unavailable("its file was removed or replaced".to_owned()));
            }
            match timeout(time_max, work(&mut connection)).await {
                Ok(Ok(done)) => {
                    self.idle().push(Idle { connection, born, file });
                    return Ok(done);
                }
                // If it was closed while it was idle, so are the others.
                Ok(Err(Error::Unavailable(_))) => self.forget_idle(),
                Ok(Err(error)) => return Err(error),
                Err(elapsed) => return late(elapsed),
            }
        }
        let opened = async {
            let born = Instant::now();
            let mut connection = SqlConnection::open(&self.address, Some(time_max)).await?;
            let file = self.file();
            let done = work(&mut connection).await?;
            self.idle().push(Idle { connection, born, file });
            Ok(done)
        };
        timeout(time_max, opened).await.unwrap_or_else(late)
    }

    /// Drops the idle connections without notifying the server.
    pub(super) fn forget_idle(&self) {
        self.idle().clear();
    }

    /// Closes the idle connections cleanly.
    pub(super) async fn close(&self) {
        while let Some(Idle { connection, .. }) = self.take_idle() {
            connection.close().await;
        }
    }

    /// Returns the file at the database's path; `None` for a server, or if there is no file.
    fn file(&self) -> Option<FileId> {
        let DatabaseAddress::Sqlite { path, .. } = &self.address else { return None };
        fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
    }

    fn take_idle(&self) -> Option<Idle> {
        let mut idle = self.idle();
        if self.age_max > Duration::ZERO {
            idle.retain(|idle| idle.born.elapsed() < self.age_max);
        }
        idle.pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        // No code that can panic leaves the list half-updated.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

//! A few connections that are used again.
//!
//! sqlx has a pool, but with it a database that hangs holds up those who come later: a connection whose work
//! was given up goes back into the pool, and is first waited for by the next one. Here it is closed at once
//! and without a word to the server; the tests compare the two.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::connection::Connection;
use crate::archive::{DatabaseAddress, Error, Live};

#[derive(Debug)]
pub(super) struct Pool {
    address: DatabaseAddress,
    free: Semaphore,
    idle: Mutex<Vec<Idle>>,
    /// Age at which a connection is replaced; 0 is never.
    age_max: Duration,
    live: watch::Receiver<Live>,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    born: Instant,
    file: Option<FileId>,
}

/// Device and number of a file.
type FileId = (u64, u64);

impl Pool {
    pub(super) fn new(
        address: &DatabaseAddress,
        size: usize,
        age_max: Duration,
        live: watch::Receiver<Live>,
    ) -> Pool {
        let free = Semaphore::new(size.clamp(1, Semaphore::MAX_PERMITS));
        Pool { address: address.clone(), free, idle: Mutex::default(), age_max, live }
    }

    /// Does work with a connection, within the time that is configured, connecting included. Work that fails
    /// because the connection had gone is done once more with a new one.
    pub(super) async fn run<T>(
        &self,
        work: impl AsyncFn(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let time_max = self.live.borrow().time_max;
        let late = |_| Err(Error::Away(format!("no answer in {time_max:?}")));
        let _permit = self.free.acquire().await.map_err(|error| Error::Away(error.to_string()))?;
        while let Some(Idle { mut connection, born, file }) = self.take_idle() {
            if file != self.file() {
                // What would be stored now would be in no file. It is closed in order when the database is
                // prepared again.
                self.idle().push(Idle { connection, born, file });
                return Err(Error::Away("its file was removed or replaced".to_owned()));
            }
            match timeout(time_max, work(&mut connection)).await {
                Ok(Ok(done)) => {
                    self.idle().push(Idle { connection, born, file });
                    return Ok(done);
                }
                // If it had gone while it was idle, so have the others.
                Ok(Err(Error::Away(_))) => self.forget_idle(),
                Ok(Err(error)) => return Err(error),
                Err(elapsed) => return late(elapsed),
            }
        }
        let opened = async {
            let born = Instant::now();
            let mut connection = Connection::open(&self.address, Some(time_max)).await?;
            let file = self.file();
            let done = work(&mut connection).await?;
            self.idle().push(Idle { connection, born, file });
            Ok(done)
        };
        timeout(time_max, opened).await.unwrap_or_else(late)
    }

    /// Closes the idle connections.
    pub(super) fn forget_idle(&self) {
        self.idle().clear();
    }

    /// Closes the idle connections in order, with a word to the server.
    pub(super) async fn close(&self) {
        while let Some(Idle { connection, .. }) = self.take_idle() {
            connection.close().await;
        }
    }

    /// The file where the database is now; `None` for a server, or if it is gone.
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
        // Whole connections go in and out.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

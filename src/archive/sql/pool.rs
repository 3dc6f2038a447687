//! A few connections that are used again.
//!
//! Simpler than sqlx's own pool, and stricter: a connection whose work failed or took too long is closed at
//! once and without a word, so that a server that hangs can hold up nothing.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::super::Error;
use super::super::settings::{Live, Place};
use super::connection::Connection;

#[derive(Debug)]
pub(super) struct Pool {
    place: Place,
    free: Semaphore,
    idle: Mutex<Vec<Idle>>,
    /// 0 is for ever.
    age_max: Duration,
    live: watch::Receiver<Live>,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    born: Instant,
}

impl Pool {
    pub(super) fn new(place: &Place, size: usize, age_max: Duration, live: watch::Receiver<Live>) -> Pool {
        let free = Semaphore::new(size.clamp(1, Semaphore::MAX_PERMITS));
        Pool { place: place.clone(), free, idle: Mutex::default(), age_max, live }
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
        while let Some(Idle { mut connection, born }) = self.take_idle() {
            match timeout(time_max, work(&mut connection)).await {
                Ok(Ok(done)) => {
                    self.idle().push(Idle { connection, born });
                    return Ok(done);
                }
                // If it had gone while it was idle, so have the others.
                Ok(Err(Error::Away(_))) => self.forget_idle(),
                Ok(Err(error)) => return Err(error),
                Err(elapsed) => return late(elapsed),
            }
        }
        let anew = async {
            let born = Instant::now();
            let mut connection = Connection::open(&self.place, Some(time_max)).await?;
            let done = work(&mut connection).await?;
            self.idle().push(Idle { connection, born });
            Ok(done)
        };
        timeout(time_max, anew).await.unwrap_or_else(late)
    }

    /// Closes the connections that nobody uses.
    pub(super) fn forget_idle(&self) {
        self.idle().clear();
    }

    /// Closes them with a word to the server.
    pub(super) async fn close(&self) {
        while let Some(Idle { connection, .. }) = self.take_idle() {
            connection.close().await;
        }
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

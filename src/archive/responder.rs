//! Answers queries about stored history, each once the database has everything that was recorded before it.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::queue::RecordQueue;
use super::settings::LiveSettings;
use super::shipper::Shipped;
use super::{Backend, Error};
use crate::config::LogType;
use crate::engine::{JobAnswer, Ticket};
use crate::history::Query;

/// Minimum interval between log records about failed queries.
const TOLD_EVERY: Duration = Duration::from_secs(60);
/// Maximum time for shipping when the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(2);

/// A query whose preceding records are in the spool.
#[derive(Debug)]
pub(super) struct ReadyQuery {
    pub(super) ticket: Ticket,
    pub(super) query: Box<Query>,
    pub(super) since: Instant,
    /// The database must have everything before this position first; `None` if that cannot happen.
    pub(super) after: Option<u64>,
}

/// Answers queries.
#[derive(Debug)]
pub(super) struct Responder<B, R> {
    pub(super) backend: Rc<B>,
    pub(super) queue: Arc<RecordQueue>,
    pub(super) shipped: watch::Receiver<Shipped>,
    pub(super) live: watch::Receiver<LiveSettings>,
    pub(super) urgent: Rc<Notify>,
    pub(super) report: R,
    pub(super) told: Cell<Option<Instant>>,
}

impl<B: Backend, R: AsyncFn(Ticket, JobAnswer) + 'static> Responder<B, R> {
    /// Answers queries until no more will come; then waits up to two seconds for the shipper to reach
    /// `written`.
    pub(super) async fn run(
        self,
        mut queries: mpsc::UnboundedReceiver<ReadyQuery>,
        written: watch::Receiver<u64>,
    ) {
        let responder = Rc::new(self);
        while let Some(asked) = queries.recv().await {
            responder.urgent.notify_one();
            let responder = responder.clone();
            spawn_local(async move {
                let ticket = asked.ticket;
                let answer = responder.answer(asked).await.unwrap_or_else(|error| responder.failed(&error));
                (responder.report)(ticket, answer).await;
                responder.queue.answered();
            });
        }
        responder.urgent.notify_one();
        let end = *written.borrow();
        let _ = timeout(STOP_TIME_MAX, responder.caught_up(end)).await;
    }

    async fn answer(&self, ReadyQuery { query, since, after, .. }: ReadyQuery) -> Result<JobAnswer, Error> {
        let after = after.ok_or_else(|| Error::Unavailable("the spool cannot be written".to_owned()))?;
        let late = |_| Error::Unavailable("no answer in time".to_owned());
        let left = || self.live.borrow().time_max.saturating_sub(since.elapsed());
        timeout(left(), self.caught_up(after)).await.map_err(late)?;
        let answer = async { self.backend.answer(&query).await };
        // Each step of an export has its own timeout.
        let found = match *query {
            Query::Export { .. } => answer.await,
            _ => timeout(left(), answer).await.map_err(late)?,
        };
        found.map(JobAnswer::HistoryFound)
    }

    async fn caught_up(&self, position: u64) {
        let mut shipped = self.shipped.clone();
        // Fails only if the shipper has ended, because the server stops.
        let _ = shipped.wait_for(|shipped| shipped.is_ready && shipped.position >= position).await;
    }

    fn failed(&self, error: &Error) -> JobAnswer {
        if self.told.get().is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            tracing::warn!(target: LogType::History.name(), "a query of history failed: {error}");
            self.told.set(Some(Instant::now()));
        }
        JobAnswer::Failed
    }
}

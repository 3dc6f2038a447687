//! Two threads beside the turn loop: one writes the spool while its disk fails or is slow, one makes the
//! spool durable.
//!
//! While the disk fails, writing is retried every second, no client waits for it, and the queue fills up to
//! its limit. Invariant: the spool contains all pushed records in order, except those that the log reports as
//! lost.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::queue::{Batch, QueueEntry, RecordQueue, WRITE_TIME_MAX, take_queries};
use super::settings::LiveSettings;
use super::spool::{Spool, TOLD_EVERY};
use crate::config::LogType;
use crate::journal::Syncer;

/// Number of bytes that are written at once.
const WRITE_BYTES: usize = 1 << 20;
/// Pause before a failed write is retried.
const RETRY_TIME: Duration = Duration::from_secs(1);

/// Writes whenever pushes cannot, until the queue stops.
pub(super) fn run(queue: &RecordQueue) {
    while let Some(spool) = queue.wait_for_spool() {
        drain(queue, spool);
    }
    queue.close();
}

/// Writes waiting records until there are none.
fn drain(queue: &RecordQueue, mut spool: Box<Spool>) {
    let mut is_slow = true;
    // A push that failed has left its records in the buffer.
    if write(queue, &mut spool, &mut VecDeque::new()).is_none() {
        return;
    }
    while let Some((taken, Batch { mut entries, pushed, dropped })) = queue.take(spool, is_slow) {
        spool = taken;
        spool.lose(dropped);
        let mut took = Some(Duration::ZERO);
        while took.is_some()
            && let Some(entry) = entries.pop_front()
        {
            match entry {
                QueueEntry::Records(records) => {
                    spool.add(records.iter());
                    if spool.waiting_bytes() >= WRITE_BYTES {
                        took = longer(took, write(queue, &mut spool, &mut entries));
                    }
                }
                QueueEntry::Query(query) => {
                    took = longer(took, write(queue, &mut spool, &mut entries));
                    queue.pass_on(query, took.map(|_| spool.end()));
                }
            }
        }
        took = longer(took, took.and_then(|_| write(queue, &mut spool, &mut entries)));
        queue.set_written(pushed, spool.end());
        let Some(took) = took else { return };
        is_slow = took > WRITE_TIME_MAX;
    }
}

fn longer(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    Some(one?.max(other?))
}

/// Writes the buffer of the spool, retrying until it succeeds. Returns the duration of the last attempt, or
/// `None` if the server stops while the disk fails. Queries that wait meanwhile fail.
fn write(queue: &RecordQueue, spool: &mut Spool, entries: &mut VecDeque<QueueEntry>) -> Option<Duration> {
    let mut told: Option<Instant> = None;
    let mut is_stopping = false;
    loop {
        let begun = Instant::now();
        let Err(error) = spool.write() else {
            if told.is_some() {
                tracing::info!(target: LogType::History.name(), "the spool can be written again");
            }
            return Some(begun.elapsed());
        };
        if told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            tracing::error!(
                target: LogType::History.name(),
                "the spool cannot be written, trying again: {error}"
            );
            told = Some(Instant::now());
        }
        for query in take_queries(entries).into_iter().chain(queue.take_queries()) {
            queue.pass_on(query, None);
        }
        if is_stopping {
            tracing::error!(
                target: LogType::History.name(),
                "the server stopped while the disk of the spool failed: the latest messages are lost"
            );
            return None;
        }
        is_stopping = queue.release_all();
        thread::sleep(RETRY_TIME);
    }
}

/// Makes the spool durable repeatedly, until nothing more will be written.
pub(super) fn sync(queue: &RecordQueue, syncer: &Syncer, live: &watch::Receiver<LiveSettings>) {
    let mut last = Instant::now();
    let mut told: Option<Instant> = None;
    while let Some(pushed) = queue.next_sync(last, || live.borrow().sync_interval) {
        let synced = syncer.sync();
        last = Instant::now();
        match synced {
            Err(error) if told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) => {
                tracing::error!(target: LogType::History.name(), "the spool cannot be made durable: {error}");
                told = Some(Instant::now());
            }
            _ => {}
        }
        // Even after an error: no client may wait for a failing disk.
        queue.set_synced(pushed);
    }
}

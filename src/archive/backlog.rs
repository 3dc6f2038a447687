//! The threads beside the turn loop that write the spool while its disk fails or is slow, and make it
//! durable.
//!
//! While the disk fails, it is tried again every second, no client waits for it, and the queue in front of it
//! fills up to its bound. Invariant: the spool holds what was handed over, in that order, apart from what the
//! log says was lost.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::queue::{Batch, Entry, RecordQueue, WRITE_TIME_MAX, take_questions};
use super::settings::Live;
use super::spool::{Spool, TOLD_EVERY};
use crate::journal::Syncer;

/// Bytes that are written at once.
const WRITE_BYTES: usize = 1 << 20;
/// How soon a disk that failed is tried again.
const RETRY_TIME: Duration = Duration::from_secs(1);

/// Writes whenever pushes cannot, until the queue ends.
pub(super) fn run(queue: &RecordQueue) {
    while let Some(spool) = queue.wait_for_spool() {
        drain(queue, spool);
    }
    queue.close();
}

/// Writes what waits until nothing does.
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
                Entry::Records(records) => {
                    spool.add(records.iter());
                    if spool.waiting_bytes() >= WRITE_BYTES {
                        took = longer(took, write(queue, &mut spool, &mut entries));
                    }
                }
                Entry::Question(question) => {
                    took = longer(took, write(queue, &mut spool, &mut entries));
                    queue.pass_on(question, took.map(|_| spool.end()));
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

/// Writes the buffer of the spool, trying as often as it takes. Returns how long the last try took; `None`
/// when the server stops while the disk fails. Questions that wait cannot be answered meanwhile.
fn write(queue: &RecordQueue, spool: &mut Spool, entries: &mut VecDeque<Entry>) -> Option<Duration> {
    let mut told: Option<Instant> = None;
    let mut is_stopping = false;
    loop {
        let begun = Instant::now();
        let Err(error) = spool.write() else {
            if told.is_some() {
                tracing::info!(target: "history", "the spool can be written again");
            }
            return Some(begun.elapsed());
        };
        if told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            tracing::error!(target: "history", "the spool cannot be written, this is tried again: {error}");
            told = Some(Instant::now());
        }
        for question in take_questions(entries).into_iter().chain(queue.take_questions()) {
            queue.pass_on(question, None);
        }
        if is_stopping {
            tracing::error!(
                target: "history",
                "the server stops while the disk of the spool fails: the latest messages are lost"
            );
            return None;
        }
        is_stopping = queue.release_all();
        thread::sleep(RETRY_TIME);
    }
}

/// Makes the spool durable, again and again, until nothing more will be written.
pub(super) fn sync(queue: &RecordQueue, syncer: &Syncer, live: &watch::Receiver<Live>) {
    let mut last = Instant::now();
    let mut told: Option<Instant> = None;
    while let Some(pushed) = queue.next_sync(last, || live.borrow().sync_interval) {
        let synced = syncer.sync();
        last = Instant::now();
        match synced {
            Err(error) if told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) => {
                tracing::error!(target: "history", "the spool cannot be made durable: {error}");
                told = Some(Instant::now());
            }
            _ => {}
        }
        // Also after an error: no client is to wait for a disk that fails.
        queue.set_synced(pushed);
    }
}

//! The threads that write the spool and make it durable.
//!
//! While the disk fails it is tried again every second, nobody waits for it, and the queue in front of it
//! fills up to its bound. Invariant: what is in the spool is what was handed over, in that order, but for
//! what was counted as lost in the log.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::intake::{Batch, Entry, Intake, Question, take_questions};
use super::settings::Live;
use super::shipper::{Asked, Shipped};
use super::spool;
use crate::history::Record;
use crate::journal::{Frames, Log, Syncer};

/// Bytes that are written at once.
const WRITE_BYTES: usize = 1 << 20;
/// How soon a disk that failed is tried again.
const RETRY_TIME: Duration = Duration::from_secs(1);
/// How often the same is said in the log.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// What the thread has.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) intake: Arc<Intake>,
    pub(super) log: Log,
    pub(super) asked: mpsc::UnboundedSender<Asked>,
    /// Where the spool ends.
    pub(super) written: watch::Sender<u64>,
    pub(super) shipped: watch::Receiver<Shipped>,
    pub(super) live: watch::Receiver<Live>,
}

/// Records that are not stored, and when the log was last told.
#[derive(Debug, Default)]
struct Losses {
    count: u64,
    why: &'static str,
    told: Option<Instant>,
}

impl Losses {
    fn add(&mut self, count: u64, why: &'static str) {
        (self.count, self.why) = (self.count + count, why);
    }

    fn tell(&mut self, is_last: bool) {
        let is_time = is_last || self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY);
        if self.count > 0 && is_time {
            tracing::error!(target: "history", "{} records of history were lost: {}", self.count, self.why);
            (self.count, self.told) = (0, Some(Instant::now()));
        }
    }
}

impl Writer {
    /// Writes until the intake ends.
    pub(super) fn run(mut self) {
        let mut losses = Losses::default();
        while let Some(Batch { mut entries, pushed, dropped }) = self.intake.take() {
            losses.add(dropped, "the disk of the spool is too slow or fails");
            let mut frames = Frames::default();
            let mut is_going = true;
            while is_going && let Some(entry) = entries.pop_front() {
                match entry {
                    Entry::Records(records) => {
                        for record in &records {
                            self.encode(&mut frames, record, &mut losses);
                        }
                        if frames.len() >= WRITE_BYTES {
                            is_going = self.append(&mut frames, &mut entries);
                        }
                    }
                    Entry::Question(question) => {
                        is_going = self.append(&mut frames, &mut entries);
                        self.pass_on(question, Some(self.log.end()));
                    }
                }
            }
            is_going = is_going && self.append(&mut frames, &mut entries);
            if !is_going {
                tracing::error!(target: "history", "the server stops while the disk of the spool fails: what was said last is lost");
            }
            self.written.send_replace(self.log.end());
            self.intake.written(pushed);
            losses.tell(false);
        }
        losses.tell(true);
        self.intake.close();
    }

    /// Adds a record to what is to be written, if there is room for it.
    fn encode(&self, frames: &mut Frames, record: &Record, losses: &mut Losses) {
        let backlog = self.log.end().saturating_sub(self.shipped.borrow().position) + frames.len() as u64;
        if backlog >= self.live.borrow().spool_bytes_max {
            losses.add(1, "the spool is full (history.persistent.spool-max-size), as the database is away");
        } else if !spool::encode(frames, record) {
            losses.add(1, "they are too long");
        }
    }

    /// Writes, as often as it takes; false when the server stops meanwhile. Questions cannot be answered then.
    fn append(&mut self, frames: &mut Frames, entries: &mut std::collections::VecDeque<Entry>) -> bool {
        let mut told: Option<Instant> = None;
        let mut is_stopping = false;
        while !frames.is_empty()
            && let Err(error) = self.log.append(frames)
        {
            if told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
                tracing::error!(target: "history", "the spool cannot be written, this is tried again: {error}");
                told = Some(Instant::now());
            }
            let waiting = take_questions(entries).into_iter().chain(self.intake.take_questions());
            waiting.for_each(|question| self.pass_on(question, None));
            if is_stopping {
                return false;
            }
            is_stopping = self.intake.let_out();
            thread::sleep(RETRY_TIME);
        }
        if told.is_some() {
            tracing::info!(target: "history", "the spool can be written again");
        }
        frames.clear();
        true
    }

    /// Passes a question on, to be answered when the database has all up to a position; never, without one.
    fn pass_on(&self, Question { ticket, query, since }: Question, after: Option<u64>) {
        self.written.send_replace(self.log.end());
        // Fails only when nobody waits for it any more.
        let _ = self.asked.send(Asked { ticket, query, since, after });
    }
}

/// Makes the spool durable, again and again, until nothing more will be written.
pub(super) fn sync(intake: &Intake, syncer: &Syncer, live: &watch::Receiver<Live>) {
    let mut last = Instant::now();
    let mut told: Option<Instant> = None;
    while let Some(pushed) = intake.next_sync(last, || live.borrow().sync_interval) {
        let synced = syncer.sync();
        last = Instant::now();
        match synced {
            Err(error) if told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) => {
                tracing::error!(target: "history", "the spool cannot be made durable: {error}");
                told = Some(Instant::now());
            }
            _ => {}
        }
        // Also after an error: nobody is to wait for a disk that fails.
        intake.set_synced(pushed);
    }
}

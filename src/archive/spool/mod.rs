//! The spool: a [`journal`] of records that the database does not have yet.

mod codec;

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::settings::LiveSettings;
use super::shipper::Shipped;
use crate::config::LogType;
use crate::history::Record;
use crate::journal::{self, Damage, Frames, JournalReader, Log, Syncer};
use crate::wire::MsgId;

/// Size at which a segment is complete and the next one begins.
const SEGMENT_BYTES_MAX: u64 = 8 << 20;
/// Minimum interval between log records about the same failure.
pub(super) const TOLD_EVERY: Duration = Duration::from_secs(60);

/// The writing end, with a buffer.
#[derive(Debug)]
pub(super) struct Spool {
    log: Log,
    frames: Frames,
    losses: Losses,
    shipped: watch::Receiver<Shipped>,
    live: watch::Receiver<LiveSettings>,
}

/// Records that were lost, and when this was last logged.
#[derive(Debug, Default)]
struct Losses {
    count: u64,
    why: &'static str,
    told: Option<Instant>,
}

impl Losses {
    fn add(&mut self, count: u64, why: &'static str) {
        if count > 0 {
            (self.count, self.why) = (self.count + count, why);
        }
    }

    fn tell(&mut self, is_last: bool) {
        let is_time = || is_last || self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY);
        if self.count > 0 && is_time() {
            tracing::error!(
                target: LogType::History.name(),
                "{} records of history were lost: {}",
                self.count,
                self.why
            );
            (self.count, self.told) = (0, Some(Instant::now()));
        }
    }
}

impl Spool {
    pub(super) fn new(
        log: Log,
        shipped: watch::Receiver<Shipped>,
        live: watch::Receiver<LiveSettings>,
    ) -> Spool {
        Spool { log, frames: Frames::default(), losses: Losses::default(), shipped, live }
    }

    /// Returns the position after the last record that was written.
    pub(super) fn end(&self) -> u64 {
        self.log.end()
    }

    /// Returns the part that makes the spool durable, for another thread.
    pub(super) fn syncer(&self) -> Syncer {
        self.log.syncer()
    }

    /// Adds records to the buffer, unless the spool is full.
    pub(super) fn add<'r>(&mut self, records: impl Iterator<Item = &'r Record>) {
        let backlog = self.log.end().saturating_sub(self.shipped.borrow().position);
        let mut records = records.peekable();
        while records.peek().is_some() {
            if backlog + self.frames.len() as u64 >= self.live.borrow().spool_bytes_max {
                let why = "the database is unavailable, the spool full (history.persistent.spool-max-size)";
                return self.losses.add(records.count() as u64, why);
            }
            let left_out = encode(&mut self.frames, &mut records);
            self.losses.add(left_out, "they are too long");
        }
    }

    /// Counts records that were dropped before they came here.
    pub(super) fn lose(&mut self, count: u64) {
        self.losses.add(count, "the disk of the spool is too slow or fails");
    }

    /// Returns the size of the buffer, in bytes.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.frames.len()
    }

    /// Writes the buffer. After an error, the buffer is unchanged.
    pub(super) fn write(&mut self) -> io::Result<()> {
        if !self.frames.is_empty() {
            self.log.append(&self.frames)?;
            self.frames.clear();
        }
        self.losses.tell(false);
        Ok(())
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.losses.tell(true);
    }
}

/// Opens the spool in `dir`, of which the database has everything up to `floor`. Returns also the id of the
/// latest item in the last segment.
pub(super) fn open(dir: &Path, floor: u64) -> io::Result<(Log, Option<MsgId>)> {
    let mut latest = None;
    let (mut log, damage) = Log::open(dir, floor, SEGMENT_BYTES_MAX, |content| {
        codec::read_all(content, |record| {
            if let Some(Record::Keep { item, .. }) = record {
                latest = latest.max(Some(item.id()));
            }
        });
    })?;
    report(damage);
    log.prepare_segments();
    Ok((log, latest))
}

/// Adds the next of some records to the frames; returns the number of records that were left out because they
/// are too long.
fn encode<'r>(frames: &mut Frames, records: &mut impl Iterator<Item = &'r Record>) -> u64 {
    let mut left_out = 0;
    frames.add(|out| left_out = codec::write_some(out, records));
    left_out
}

/// Returns the next records before the position `end`; none if the reader is at `end`.
pub(super) fn read(reader: &mut JournalReader, end: u64) -> io::Result<Vec<Record>> {
    let mut records = Vec::new();
    while reader.position() < end && records.is_empty() {
        let damage = reader.read(end, |content| {
            codec::read_all(content, |record| match record {
                Some(record) => records.push(record),
                None => {
                    tracing::error!(
                        target: LogType::History.name(),
                        "a record of an unknown kind in the spool is skipped"
                    );
                }
            });
        })?;
        report(damage);
    }
    Ok(records)
}

/// Removes segments that the database has completely.
pub(super) fn trim(dir: &Path, position: u64) -> io::Result<()> {
    journal::trim(dir, position)
}

fn report(damage: Option<Damage>) {
    if let Some(damage) = damage {
        tracing::error!(target: LogType::History.name(), "{damage}");
    }
}

#[cfg(test)]
mod tests;

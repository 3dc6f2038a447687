//! The spool: a [`journal`](crate::journal) of records that the database does not have yet.

mod codec;

use std::io;
use std::path::Path;

use crate::history::Record;
use crate::journal::{self, Damage, Frames, Log, Reader};
use crate::wire::MsgId;

/// Size at which a segment is followed by the next.
const SEGMENT_BYTES_MAX: u64 = 8 << 20;

/// Opens the spool in `dir`, which the database has up to `floor`. Returns the id of the latest item that was found
/// in its last segment.
pub(super) fn open(dir: &Path, floor: u64) -> io::Result<(Log, Option<MsgId>)> {
    let mut latest = None;
    let (log, damage) = Log::open(dir, floor, SEGMENT_BYTES_MAX, |content| {
        if let Some(Record::Keep { item, .. }) = codec::read(content) {
            latest = latest.max(Some(item.id()));
        }
    })?;
    report(damage);
    Ok((log, latest))
}

/// Adds a record to what will be appended. Returns false if it is too long to be stored.
pub(super) fn encode(frames: &mut Frames, record: &Record) -> bool {
    frames.add(|out| codec::write(out, record))
}

/// The next records before the position `end`; none when the reader is there.
pub(super) fn read(reader: &mut Reader, end: u64) -> io::Result<Vec<Record>> {
    let mut records = Vec::new();
    while reader.position() < end && records.is_empty() {
        let damage = reader.read(end, |content| match codec::read(content) {
            Some(record) => records.push(record),
            None => {
                tracing::error!(target: "history", "a record of an unknown kind in the spool is skipped");
            }
        })?;
        report(damage);
    }
    Ok(records)
}

/// Removes what the database has.
pub(super) fn trim(dir: &Path, position: u64) -> io::Result<()> {
    journal::trim(dir, position)
}

fn report(damage: Option<Damage>) {
    if let Some(damage) = damage {
        tracing::error!(target: "history", "{damage}");
    }
}

#[cfg(test)]
mod tests;

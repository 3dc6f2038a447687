//! The end of the spool that is written.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{SEGMENT_BYTES_MAX, codec, frame, segment_path, segments, set_aside, sync_directory};
use crate::history::Record;
use crate::wire::MsgId;

/// The last file.
#[derive(Debug)]
pub(in super::super) struct Log {
    dir: PathBuf,
    file: Arc<File>,
    /// Where the file begins.
    first: u64,
    /// Where the spool ends.
    end: u64,
    /// The latest item in the file as it was found.
    latest: Option<MsgId>,
}

impl Log {
    /// Makes the directory of a spool, for its user alone.
    pub(in super::super) fn make_directory(dir: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)
    }

    /// Finds the end. A torn frame there is cut off: nobody was told that it was durable. If sound frames
    /// follow on something else, that is damage: the file is copied before its end is cut off.
    pub(in super::super) fn open(dir: &Path, mark: u64) -> io::Result<Log> {
        let Some(&first) = segments(dir)?.last() else { return Log::begin(dir, mark) };
        let path = segment_path(dir, first);
        let bytes = fs::read(&path)?;
        let (whole, is_damaged) = frame::measure(&bytes);
        if is_damaged {
            let copy = set_aside(&path)?;
            tracing::error!(
                target: "history",
                "{} is damaged from byte {whole} on, the rest is skipped: it is in {}",
                path.display(),
                copy.display()
            );
        }
        let file = File::options().read(true).write(true).open(&path)?;
        if whole < bytes.len() {
            file.set_len(whole as u64)?;
            file.sync_all()?;
        }
        let end = first + whole as u64;
        // What the database has may be more than what outlived a power failure here; after damage, positions
        // must not come twice.
        let next = mark.max(first + bytes.len() as u64);
        let latest = latest_of(&bytes[..whole]);
        if mark > end || is_damaged {
            Ok(Log { latest, ..Log::begin(dir, next)? })
        } else {
            Ok(Log { dir: dir.to_owned(), file: Arc::new(file), first, end, latest })
        }
    }

    /// Begins a new file.
    fn begin(dir: &Path, first: u64) -> io::Result<Log> {
        let file = File::options()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(segment_path(dir, first))?;
        sync_directory(dir)?;
        Ok(Log { dir: dir.to_owned(), file: Arc::new(file), first, end: first, latest: None })
    }

    /// The latest item that was found at the end.
    pub(in super::super) fn latest(&self) -> Option<MsgId> {
        self.latest
    }

    /// Adds frames to a buffer for [`Log::append`]; false for a record that is too long to be stored.
    pub(in super::super) fn encode(out: &mut Vec<u8>, record: &Record) -> bool {
        let mut content = Vec::with_capacity(512);
        codec::write(&mut content, record);
        let fits = content.len() <= frame::CONTENT_BYTES_MAX;
        if fits {
            frame::write(out, &content);
        }
        fits
    }

    /// Writes frames at the end. After an error, nothing of them is there: the same can be tried again.
    pub(in super::super) fn append(&mut self, frames: &[u8]) -> io::Result<()> {
        if self.end - self.first >= SEGMENT_BYTES_MAX {
            self.file.sync_data()?;
            *self = Log::begin(&self.dir, self.end)?;
        }
        self.file.write_all_at(frames, self.end - self.first)?;
        self.end += frames.len() as u64;
        Ok(())
    }

    /// Where the next frame will be.
    pub(in super::super) fn end(&self) -> u64 {
        self.end
    }

    /// The file, to be made durable. Those before it are.
    pub(in super::super) fn file(&self) -> Arc<File> {
        self.file.clone()
    }
}

/// The latest item in whole frames.
fn latest_of(mut bytes: &[u8]) -> Option<MsgId> {
    let mut latest = None;
    while let frame::Piece::Frame(content, len) = frame::read(bytes) {
        if let Some(Record::Keep { item, .. }) = codec::read(content) {
            latest = latest.max(Some(item.id()));
        }
        bytes = &bytes[len..];
    }
    latest
}

//! Reads a journal from a position on, even while it is being written.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::frame::{self, Piece};
use super::{Damage, segment_path, segments, set_aside};

/// Number of bytes that are read at once, unless a frame is longer.
const READ_BYTES: u64 = 512 << 10;

/// A reader at a position of a journal.
#[derive(Debug)]
pub struct JournalReader {
    dir: PathBuf,
    at: u64,
    /// The open segment, and the position at which it begins.
    open: Option<(File, u64)>,
}

impl JournalReader {
    /// Creates a reader at a position, which must be that of an entry.
    pub fn new(dir: &Path, at: u64) -> JournalReader {
        JournalReader { dir: dir.to_owned(), at, open: None }
    }

    /// Returns the position up to which entries were read.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Moves to another position.
    pub fn seek(&mut self, at: u64) {
        (self.at, self.open) = (at, None);
    }

    /// Calls `entry` with about 512 KiB of the next entries, up to the position `end`, which is that of an
    /// entry or the end of the journal. Calls it at least once unless no entry is left before `end`, or the
    /// next one is damaged; after damage, the rest of the segment is skipped.
    ///
    /// # Errors
    /// If a segment cannot be read. The position is then unchanged.
    pub fn read(&mut self, end: u64, mut entry: impl FnMut(&[u8])) -> io::Result<Option<Damage>> {
        let mut is_found = false;
        while self.at < end && !is_found {
            if !self.find_segment()? {
                self.at = end;
                break;
            }
            let damage = self.read_segment(end, |content| {
                is_found = true;
                entry(content);
            })?;
            if damage.is_some() {
                return Ok(damage);
            }
        }
        Ok(None)
    }

    /// Opens the segment that contains the position, after skipping a gap. Returns false if there is none.
    fn find_segment(&mut self) -> io::Result<bool> {
        if let Some((file, first)) = &self.open
            && self.at < first + file.metadata()?.len()
        {
            return Ok(true);
        }
        for first in segments(&self.dir)? {
            let file = File::open(segment_path(&self.dir, first))?;
            if self.at < first + file.metadata()?.len() {
                self.at = self.at.max(first);
                self.open = Some((file, first));
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read_segment(&mut self, end: u64, mut entry: impl FnMut(&[u8])) -> io::Result<Option<Damage>> {
        let Some((file, first)) = &self.open else { return Ok(None) };
        let segment_end = end.min(first + file.metadata()?.len());
        let mut bytes = vec![0; (segment_end - self.at).min(READ_BYTES) as usize];
        file.read_exact_at(&mut bytes, self.at - first)?;
        let mut done = 0;
        loop {
            match frame::read(&bytes[done..]) {
                Piece::Frame(content, len) => {
                    entry(content);
                    done += len;
                }
                Piece::Torn(len) if done == 0 && len > bytes.len() && self.at + len as u64 <= segment_end => {
                    bytes = vec![0; len];
                    file.read_exact_at(&mut bytes, self.at - first)?;
                }
                // The next call meets it again, at its beginning.
                Piece::Torn(_) | Piece::Damaged if done > 0 => break,
                Piece::Torn(_) | Piece::Damaged => {
                    let damage = set_aside(&segment_path(&self.dir, *first), self.at - first)?;
                    self.at = segment_end;
                    return Ok(Some(damage));
                }
            }
        }
        self.at += done as u64;
        Ok(None)
    }
}

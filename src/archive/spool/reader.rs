//! Reads the spool from some position on, while it is being written.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::frame::{self, Piece};
use super::{codec, segment_path, segments, set_aside};
use crate::history::Record;

/// Bytes that are read at once, unless a frame is longer.
const READ_BYTES: u64 = 512 << 10;

/// Where it is.
#[derive(Debug)]
pub(in super::super) struct Reader {
    dir: PathBuf,
    at: u64,
    /// The file there, and where it begins.
    open: Option<(File, u64)>,
}

impl Reader {
    /// Begins at a position.
    pub(in super::super) fn new(dir: &Path, at: u64) -> Reader {
        Reader { dir: dir.to_owned(), at, open: None }
    }

    /// Where it is. All before it was given out.
    pub(in super::super) fn position(&self) -> u64 {
        self.at
    }

    /// Goes back to a position, or ahead.
    pub(in super::super) fn seek(&mut self, at: u64) {
        (self.at, self.open) = (at, None);
    }

    /// The next records, up to the position `end`, which is that of a whole frame. None when it is there.
    pub(in super::super) fn read(&mut self, end: u64) -> io::Result<Vec<Record>> {
        let mut records = Vec::new();
        while self.at < end && records.is_empty() {
            if !self.find_file()? {
                self.at = end;
                break;
            }
            self.read_file(end, &mut records)?;
        }
        Ok(records)
    }

    /// Has the file open that holds the position; a gap is jumped over. False if there is none any more.
    fn find_file(&mut self) -> io::Result<bool> {
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

    /// Reads on in the open file.
    fn read_file(&mut self, end: u64, records: &mut Vec<Record>) -> io::Result<()> {
        let Some((file, first)) = &self.open else { return Ok(()) };
        let file_end = end.min(first + file.metadata()?.len());
        let mut bytes = vec![0; (file_end - self.at).min(READ_BYTES) as usize];
        file.read_exact_at(&mut bytes, self.at - first)?;
        let mut done = 0;
        loop {
            match frame::read(&bytes[done..]) {
                Piece::Frame(content, len) => {
                    match codec::read(content) {
                        Some(record) => records.push(record),
                        None => {
                            tracing::error!(target: "history", "a record in the spool is of an unknown kind and is skipped")
                        }
                    }
                    done += len;
                }
                Piece::Torn(len) if done == 0 && len > bytes.len() && self.at + len as u64 <= file_end => {
                    bytes = vec![0; len];
                    file.read_exact_at(&mut bytes, self.at - first)?;
                }
                // Whatever it is, it is met again at the beginning of the next piece.
                Piece::Torn(_) | Piece::Damaged if done > 0 => break,
                Piece::Torn(_) | Piece::Damaged => {
                    let path = segment_path(&self.dir, *first);
                    let copy = set_aside(&path)?;
                    tracing::error!(
                        target: "history",
                        "{} is damaged from byte {} on, the rest is skipped: it is in {}",
                        path.display(),
                        self.at - first,
                        copy.display()
                    );
                    self.at = file_end;
                    return Ok(());
                }
            }
        }
        self.at += done as u64;
        Ok(())
    }
}

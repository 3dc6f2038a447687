//! The progress of a journal's reader, in a file of its own.
//!
//! After a crash it may be behind the reader, whose work must therefore be repeatable. It is never ahead.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::private;

const NAME: &str = "mark";

/// An open mark.
#[derive(Debug)]
pub struct JournalMark {
    file: File,
    position: u64,
}

impl JournalMark {
    /// Opens the mark in the directory of a journal. A mark that is missing or damaged is at 0.
    ///
    /// # Errors
    /// If the file cannot be opened or read.
    pub fn open(dir: &Path) -> io::Result<JournalMark> {
        let mut options = private::options();
        let file = options.create(true).truncate(false).read(true).write(true).open(dir.join(NAME))?;
        let mut bytes = [0; 12];
        let read = file.read_at(&mut bytes, 0)?;
        let (position, checksum) = bytes.split_at(8);
        let is_whole = read == bytes.len() && crc32fast::hash(position).to_le_bytes() == checksum;
        let position = position.try_into().map_or(0, u64::from_le_bytes);
        Ok(JournalMark { file, position: if is_whole { position } else { 0 } })
    }

    /// Returns the position up to which the reader is done.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Records that the reader is done up to a position.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn advance(&mut self, position: u64) -> io::Result<()> {
        self.position = position;
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&position.to_le_bytes());
        let checksum = crc32fast::hash(&bytes[..8]);
        bytes[8..].copy_from_slice(&checksum.to_le_bytes());
        self.file.write_all_at(&bytes, 0)
    }
}

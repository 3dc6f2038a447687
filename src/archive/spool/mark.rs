//! How far the database has come, in a file.
//!
//! It may be behind after a crash, as what is shipped twice is stored once; it is never ahead.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

const NAME: &str = "mark";

/// The open file.
#[derive(Debug)]
pub(in super::super) struct Mark {
    file: File,
    position: u64,
}

impl Mark {
    /// Opens it. What cannot be read is as far behind as can be.
    pub(in super::super) fn open(dir: &Path) -> io::Result<Mark> {
        let path = dir.join(NAME);
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&path)?;
        let mut bytes = [0; 12];
        let read = file.read_at(&mut bytes, 0)?;
        let (position, checksum) = bytes.split_at(8);
        let is_whole = read == bytes.len() && crc32fast::hash(position).to_le_bytes() == checksum;
        let position = position.try_into().map_or(0, u64::from_le_bytes);
        Ok(Mark { file, position: if is_whole { position } else { 0 } })
    }

    /// All before it is in the database.
    pub(in super::super) fn position(&self) -> u64 {
        self.position
    }

    /// Sets it further.
    pub(in super::super) fn rise(&mut self, position: u64) -> io::Result<()> {
        self.position = position;
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&position.to_le_bytes());
        let checksum = crc32fast::hash(&bytes[..8]);
        bytes[8..].copy_from_slice(&checksum.to_le_bytes());
        self.file.write_all_at(&bytes, 0)
    }
}

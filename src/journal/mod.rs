//! An append-only log of byte strings on disk: append at the end, read from any position, trim at the
//! beginning. The meaning of entries is left to the caller.
//!
//! A journal is a directory of segment files. A *position* is the number of bytes that were appended before
//! it, over all segments; the name of a segment is the position at which it begins. Each entry is a frame of
//! length, checksum and content ([`frame`]), so that an entry is read back whole or not at all.
//!
//! | question | answer |
//! |---|---|
//! | What survives `kill -9`? | everything for which [`Log::append`] returned |
//! | What survives a power failure? | everything before the last successful [`Syncer::sync`] |
//! | How much is on disk? | everything that was not yet [trimmed](trim), plus at most two segments |
//! | What if the end is torn? | [`Log::open`] cuts it off: it was never acknowledged |
//! | What if data is damaged? | the rest of the segment is skipped, reported as [`Damage`], and copied |
//! | What if the disk is full? | [`Log::append`] fails without effect and can be retried |
//!
//! Invariants: one process writes a journal (the caller holds a lock), and any number may read it; positions
//! only grow; the content of a segment never changes, except that a torn or damaged end is cut off. If
//! segments are [prepared](Log::prepare_segments), the last one may end in zeros, which its next entries
//! overwrite.

pub mod frame;
mod log;
mod mark;
mod reader;
mod spare;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

pub use self::frame::Frames;
pub use self::log::{Log, Syncer};
pub use self::mark::JournalMark;
pub use self::reader::JournalReader;
use crate::private;

const EXTENSION: &str = "log";

/// A position in a journal that should contain an entry but does not. Its text is a line for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The segment.
    pub path: PathBuf,
    /// The offset in the segment at which the damage begins, in bytes.
    pub at: u64,
    /// A copy of the damaged segment.
    pub copy: PathBuf,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Damage { path, at, copy } = self;
        let (path, copy) = (path.display(), copy.display());
        write!(f, "{path}: damaged from byte {at} on; the rest is skipped, and {copy} is a copy")
    }
}

/// Creates the directory of a journal for its owner only, and restricts an existing one.
///
/// # Errors
/// If the directory cannot be created.
pub fn create_dir(dir: &Path) -> io::Result<()> {
    private::create_dir_all(dir)?;
    private::restrict(dir);
    Ok(())
}

/// Removes the segments that end before `position`. The last segment always stays.
///
/// # Errors
/// If the directory cannot be read, or a segment cannot be removed.
pub fn trim(dir: &Path, position: u64) -> io::Result<()> {
    for pair in segments(dir)?.windows(2).filter(|pair| pair[1] <= position) {
        fs::remove_file(segment_path(dir, pair[0]))?;
    }
    Ok(())
}

/// Returns the path of the segment that begins at a position.
fn segment_path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}.{EXTENSION}"))
}

/// Returns the positions at which the segments begin, in order.
fn segments(dir: &Path) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = PathBuf::from(entry?.file_name());
        if path.extension().is_some_and(|extension| extension == EXTENSION)
            && let Some(first) = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok())
        {
            found.push(first);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Copies a damaged segment to a file beside it, for the administrator.
fn set_aside(path: &Path, at: u64) -> io::Result<Damage> {
    let copy = path.with_extension(format!("{EXTENSION}.damaged"));
    if !copy.exists() {
        private::copy(path, &copy)?;
        File::open(&copy)?.sync_all()?;
    }
    Ok(Damage { path: path.to_owned(), at, copy })
}

#[cfg(test)]
mod tests;

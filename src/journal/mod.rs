//! An append-only log of byte strings on the disk: append at the end, read from any position, trim at the
//! beginning. What an entry means is the caller's business.
//!
//! A journal is a directory of segment files. A *position* is the number of bytes ever appended before a
//! place, over all segments; a segment is named by the position at which it begins. Each entry is a frame of
//! length, checksum and content ([`frame`]), so that an entry is read back whole or not at all.
//!
//! | question | answer |
//! |---|---|
//! | What survives `kill -9`? | everything for which [`Log::append`] returned |
//! | What survives a power failure? | everything before the last [`Syncer::sync`] that returned without an error |
//! | How much is on the disk? | what was not yet [trimmed](trim), plus at most one segment |
//! | What if the end is torn? | [`Log::open`] cuts it off: nothing behind it was ever acknowledged |
//! | What if something is damaged? | the rest of that segment is skipped, reported as [`Damage`], and kept in a copy |
//! | What if the disk is full? | [`Log::append`] fails and leaves nothing behind: the same can be tried again |
//!
//! Invariants: one process writes a journal (the caller holds a lock), any number may read it; positions only
//! grow; what a segment holds is never changed, apart from a torn or damaged end that is cut off.

pub mod frame;
mod log;
mod mark;
mod reader;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

pub use self::frame::Frames;
pub use self::log::{Log, Syncer};
pub use self::mark::Mark;
pub use self::reader::Reader;
use crate::private;

const EXTENSION: &str = "log";

/// A place in a journal that holds no entry, although it should. Its text is a line for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The segment.
    pub path: PathBuf,
    /// Where in the segment the damage begins, in bytes.
    pub at: u64,
    /// A copy of the segment as it was found.
    pub copy: PathBuf,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Damage { path, at, copy } = self;
        let (path, copy) = (path.display(), copy.display());
        write!(f, "{path} is damaged from byte {at} on, the rest is skipped; a copy is in {copy}")
    }
}

/// Creates the directory of a journal for its owner only, and restricts one that is there.
///
/// # Errors
/// When the directory cannot be created.
pub fn create_dir(dir: &Path) -> io::Result<()> {
    private::create_dir_all(dir)?;
    private::restrict(dir);
    Ok(())
}

/// Removes the segments that lie before `position` altogether. The last segment always stays.
///
/// # Errors
/// When the directory cannot be read or a segment cannot be removed.
pub fn trim(dir: &Path, position: u64) -> io::Result<()> {
    for pair in segments(dir)?.windows(2).filter(|pair| pair[1] <= position) {
        fs::remove_file(segment_path(dir, pair[0]))?;
    }
    Ok(())
}

/// The segment that begins at a position.
fn segment_path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}.{EXTENSION}"))
}

/// The positions at which the segments begin, in order.
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

/// Keeps a copy of a damaged segment beside it, for an operator to look at.
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

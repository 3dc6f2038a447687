//! The spool: records on the disk until the database has them.
//!
//! A log in files of a few MiB. A position is the number of bytes ever written before it, over all files: a
//! file is named by the position at which it begins. Frames are numbered by nothing else. Invariants: one
//! process has it; positions only grow; what a file holds is never changed, but for a torn end that is cut
//! off, and a damaged file is copied first.

mod codec;
mod frame;
mod log;
mod mark;
mod reader;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

pub(super) use self::log::Log;
pub(super) use self::mark::Mark;
pub(super) use self::reader::Reader;

/// How long the longest file is, about; then a new one is begun.
const SEGMENT_BYTES_MAX: u64 = 8 << 20;
const EXTENSION: &str = "log";

/// The file that begins at a position.
fn segment_path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}.{EXTENSION}"))
}

/// Where the files begin, in order.
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

/// Removes the files of which all is before a position; the last one stays.
pub(super) fn remove_before(dir: &Path, position: u64) -> io::Result<()> {
    let segments = segments(dir)?;
    for pair in segments.windows(2).filter(|pair| pair[1] <= position) {
        fs::remove_file(segment_path(dir, pair[0]))?;
    }
    Ok(())
}

/// Copies a damaged file beside itself, for someone to look at.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let copy = path.with_extension(format!("{EXTENSION}.damaged"));
    if !copy.exists() {
        fs::copy(path, &copy)?;
        File::open(&copy)?.sync_all()?;
    }
    Ok(copy)
}

fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests;

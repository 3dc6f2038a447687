//! The next segment of a journal, prepared in the background: full of zeros that are on disk already.
//!
//! Overwriting them costs a third of what it costs to extend a file, where the system has to allocate memory
//! and blocks; and making the entries durable does not change the file's size.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use crate::private;

/// Name of the file until it becomes a segment.
const NAME: &str = "next";
/// Number of zeros that are written at a time.
const ZEROS: usize = 256 << 10;

/// A file that becomes the next segment.
#[derive(Debug)]
pub(super) struct Spare {
    path: PathBuf,
    bytes: u64,
    /// Prepares the file; `None` if that was not begun.
    preparation: Option<JoinHandle<io::Result<File>>>,
}

impl Spare {
    /// Creates a spare for segments of this size, and removes what an earlier process left behind.
    pub(super) fn new(dir: &Path, bytes: u64) -> Spare {
        let path = dir.join(NAME);
        // Usually, there is none.
        let _ = fs::remove_file(&path);
        Spare { path, bytes, preparation: None }
    }

    /// Begins to prepare the file, unless that was done. Without it, a segment begins empty: that is slower,
    /// but not wrong, so failures are ignored.
    pub(super) fn prepare(&mut self) {
        if self.preparation.is_none() {
            let (path, bytes) = (self.path.clone(), self.bytes);
            let work = move || create(&path, bytes).inspect_err(|_| drop(fs::remove_file(&path)));
            self.preparation = thread::Builder::new().name("segment".into()).spawn(work).ok();
        }
    }

    /// Moves the file to `path` if it is ready.
    pub(super) fn take(&mut self, path: &Path) -> Option<File> {
        if self.is_busy() {
            return None;
        }
        let file = self.preparation.take()?.join().ok()?.ok()?;
        fs::rename(&self.path, path).ok().map(|()| file)
    }

    /// Returns whether the file is being prepared.
    pub(super) fn is_busy(&self) -> bool {
        self.preparation.as_ref().is_some_and(|preparation| !preparation.is_finished())
    }
}

impl Drop for Spare {
    /// Waits for the preparation, so that it cannot disturb a journal that is opened next.
    fn drop(&mut self) {
        if let Some(preparation) = self.preparation.take() {
            let _ = preparation.join();
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn create(path: &Path, bytes: u64) -> io::Result<File> {
    let mut file = private::options().create(true).truncate(true).read(true).write(true).open(path)?;
    let zeros = vec![0; ZEROS];
    let mut left = bytes as usize;
    while left > 0 {
        let some = left.min(ZEROS);
        file.write_all(&zeros[..some])?;
        left -= some;
    }
    file.sync_all()?;
    Ok(file)
}

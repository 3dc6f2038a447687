//! The writing end of a journal.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::spare::Spare;
use super::{Damage, Frames, frame, segment_path, segments, set_aside};
use crate::private;

/// The writing end of a journal.
#[derive(Debug)]
pub struct Log {
    dir: PathBuf,
    pub(super) file: Arc<File>,
    /// The position at which the last segment begins.
    first: u64,
    end: u64,
    segment_bytes_max: u64,
    /// Set if a failed append may have left bytes after the end.
    pub(super) is_torn: bool,
    /// The next segment, if segments are prepared.
    pub(super) spare: Option<Spare>,
    syncer: Syncer,
}

impl Log {
    /// Opens the journal in `dir` and finds its end, which is at least `floor`. Calls `entry` with each entry
    /// of the last segment. An append begins a new segment when the last one has `segment_bytes_max` bytes.
    ///
    /// A torn frame and zeros at the end are cut off. Valid frames after an invalid one mean damage: the
    /// segment is copied before its end is cut off.
    ///
    /// # Errors
    /// If the directory or the last segment cannot be read or written.
    pub fn open(
        dir: &Path,
        floor: u64,
        segment_bytes_max: u64,
        entry: impl FnMut(&[u8]),
    ) -> io::Result<(Log, Option<Damage>)> {
        let Some(&first) = segments(dir)?.last() else {
            let log = Log::new(dir, floor, create(dir, floor)?, segment_bytes_max);
            log.syncer.lock().dir = Some(dir.to_owned());
            return Ok((log, None));
        };
        let path = segment_path(dir, first);
        let bytes = fs::read(&path)?;
        let (whole, is_damaged) = frame::scan(&bytes, entry);
        let damage = is_damaged.then(|| set_aside(&path, whole as u64)).transpose()?;
        let file = private::options().read(true).write(true).open(&path)?;
        if whole < bytes.len() {
            file.set_len(whole as u64)?;
            file.sync_all()?;
        }
        let mut log = Log::new(dir, first, file, segment_bytes_max);
        log.end = first + whole as u64;
        // The reader may be ahead of what survived a power failure. After damage, no position may be used for
        // two different entries.
        if floor > log.end || is_damaged {
            log.begin_segment(floor.max(first + bytes.len() as u64))?;
        }
        Ok((log, damage))
    }

    fn new(dir: &Path, first: u64, file: File, segment_bytes_max: u64) -> Log {
        let file = Arc::new(file);
        let syncer = Syncer::new(file.clone());
        let dir = dir.to_owned();
        Log { dir, file, first, end: first, segment_bytes_max, is_torn: false, spare: None, syncer }
    }

    /// Prepares each later segment in the background; see [`Spare`]. The directory then contains another
    /// file until the journal is dropped.
    pub fn prepare_segments(&mut self) {
        self.spare = Some(Spare::new(&self.dir, self.segment_bytes_max));
    }

    /// Writes entries at the end, and returns when the operating system has them.
    ///
    /// # Errors
    /// If they cannot be written. In that case none of them is in the journal, and the call can be repeated.
    pub fn append(&mut self, frames: &Frames) -> io::Result<()> {
        if self.is_torn {
            // After a shorter append, the rest of the failed one could be mistaken for entries.
            self.file.set_len(self.end - self.first)?;
            self.is_torn = false;
        }
        if self.end - self.first >= self.segment_bytes_max {
            self.begin_segment(self.end)?;
        }
        self.is_torn = true;
        self.file.write_all_at(frames.as_bytes(), self.end - self.first)?;
        self.is_torn = false;
        self.end += frames.len() as u64;
        if self.end - self.first >= self.segment_bytes_max / 2
            && let Some(spare) = &mut self.spare
        {
            spare.prepare();
        }
        Ok(())
    }

    fn begin_segment(&mut self, first: u64) -> io::Result<()> {
        // A complete segment contains nothing but entries.
        self.file.set_len(self.end - self.first)?;
        let prepared = self.spare.as_mut().and_then(|spare| spare.take(&segment_path(&self.dir, first)));
        let file = Arc::new(prepared.map_or_else(|| create(&self.dir, first), Ok)?);
        self.syncer.add(&self.dir, file.clone());
        (self.file, self.first, self.end) = (file, first, first);
        Ok(())
    }

    /// Returns the position after the last entry.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Returns the part that makes this journal durable, usually on another thread because that is slow.
    pub fn syncer(&self) -> Syncer {
        self.syncer.clone()
    }
}

fn create(dir: &Path, first: u64) -> io::Result<File> {
    private::options().create(true).truncate(true).read(true).write(true).open(segment_path(dir, first))
}

/// Makes a journal durable. Clones share the same journal.
#[derive(Clone, Debug)]
pub struct Syncer(Arc<Mutex<Unsynced>>);

/// Files that may not be durable yet.
#[derive(Debug)]
struct Unsynced {
    /// The directory, if it has a new segment.
    dir: Option<PathBuf>,
    /// Complete segments, in order.
    complete: Vec<Arc<File>>,
    last: Arc<File>,
}

impl Syncer {
    fn new(last: Arc<File>) -> Syncer {
        Syncer(Arc::new(Mutex::new(Unsynced { dir: None, complete: Vec::new(), last })))
    }

    /// Makes everything durable that was appended before the call. Others can append meanwhile.
    ///
    /// # Errors
    /// If the disk fails. A power failure may then lose these entries, even if later calls succeed.
    pub fn sync(&self) -> io::Result<()> {
        let (dir, complete, last) = {
            let mut unsynced = self.lock();
            let complete = std::mem::take(&mut unsynced.complete);
            (unsynced.dir.take(), complete, unsynced.last.clone())
        };
        // Older entries first: a journal must not have a hole.
        complete.iter().try_for_each(|segment| segment.sync_data())?;
        if let Some(dir) = dir {
            File::open(dir)?.sync_all()?;
        }
        last.sync_data()
    }

    fn add(&self, dir: &Path, segment: Arc<File>) {
        let mut unsynced = self.lock();
        let complete = std::mem::replace(&mut unsynced.last, segment);
        unsynced.complete.push(complete);
        unsynced.dir = Some(dir.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, Unsynced> {
        // No code that can panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Creates, opens and closes the datastore.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sled::{Batch, Db};

use super::control::StoreControl;
use super::disk::SledDatabase;
use super::migrate::{self, MIGRATIONS, Migration};
use super::wal::{self, Wal};
use super::{Export, FileLock, StoreError, StoreWriter, keys, random_secret, reserve, seal, watermark};
use crate::config::LogType;
use crate::private;

/// The file in the datastore's directory that identifies it and is locked while the datastore is open.
pub(super) const MARKER: &str = "ircd";

const MARKER_TEXT: &str = "This directory is a datastore of ircd.\n";

/// Suffixes of the files and directories that are created beside the datastore.
const OWN_SUFFIXES: &[&str] = &["bak", "new", "recovery", "reserve"];

/// Size of sled's page cache; its default is 1 GiB.
const CACHE_BYTES: u64 = 16 << 20;

/// Timeout for sled to read a datastore. With some damage, it never returns.
pub(super) const OPEN_TIME_MAX: Duration = Duration::from_secs(60);

/// Timeout for sled's threads to close the files of a closed database.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(5);

/// The treatment of a datastore that an older version wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outdated {
    /// Copy it, then upgrade it to this version's layout.
    Upgrade,
    /// Leave it unchanged and fail.
    Reject,
}

/// An open datastore, which no other process can open. It is closed cleanly on drop.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    backup: Option<PathBuf>,
    /// `None` after the writer has taken it.
    wal: Option<Wal>,
    // Dropped in this order: sled closes its files, the seal is written, others may open the datastore.
    db: Db,
    closer: Closer,
    _lock: FileLock,
}

impl Store {
    /// Creates a datastore with a new cloak secret; fails if anything is at `path`.
    pub fn create(path: &Path) -> Result<(), StoreError> {
        let mut records = Batch::default();
        records.insert(keys::SCHEMA_VERSION, migrate::newest(MIGRATIONS).to_string().as_str());
        records.insert(keys::CLOAK_SECRET, random_secret()?.as_str());
        create(path, records)
    }

    /// Opens the datastore, after creating it if there is nothing at `path`.
    pub fn open_or_create(path: &Path, outdated: Outdated) -> Result<Store, StoreError> {
        if is_absent(path)? {
            Store::create(path)?;
        }
        Store::open(path, outdated)
    }

    /// Opens an existing datastore.
    pub fn open(path: &Path, outdated: Outdated) -> Result<Store, StoreError> {
        match Store::open_with(path, outdated, MIGRATIONS) {
            // sled also writes during recovery.
            Err(StoreError::Io(_, error)) if reserve::is_full(&error) && reserve::remove(path) => {
                Store::open_with(path, outdated, MIGRATIONS)
            }
            opened => opened,
        }
    }

    fn open_with(path: &Path, outdated: Outdated, migrations: &[Migration]) -> Result<Store, StoreError> {
        let lock = lock(path)?;
        if !seal::open(path)? {
            rehearse(path)?;
        }
        let db = read(path, path)?;
        let closer = Closer { path: path.to_owned(), seals: true };
        let mut store = Store { path: path.to_owned(), backup: None, wal: None, db, closer, _lock: lock };
        let (found, known) = (migrate::version(path, &store.db)?, migrate::newest(migrations));
        if found > known {
            return Err(StoreError::Newer(path.to_owned(), found, known));
        }
        if found < known && outdated == Outdated::Reject {
            return Err(StoreError::Outdated(path.to_owned(), found, known));
        }
        // Before a migration, because the log is in the old layout, too.
        store.wal = Some(wal::apply(path, &store.db)?);
        if found < known {
            store.backup = Some(migrate::run(path, &store.db, found, migrations)?);
        }
        Ok(store)
    }

    /// Returns the path of the copy, if opening upgraded the layout.
    pub fn backup(&self) -> Option<&Path> {
        self.backup.as_deref()
    }

    /// Returns the secret of the cloaks of hosts, which never changes.
    pub fn cloak_secret(&self) -> Result<String, StoreError> {
        let stored =
            self.db.get(keys::CLOAK_SECRET).map_err(|error| StoreError::damaged(&self.path, error))?;
        stored
            .and_then(|secret| String::from_utf8(secret.to_vec()).ok())
            .ok_or_else(|| StoreError::damaged(&self.path, "its cloak secret is missing"))
    }

    /// Returns all records, ordered by key.
    pub fn records(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut records = Vec::new();
        for record in self.db.iter() {
            let (key, value) = record.map_err(|error| StoreError::damaged(&self.path, error))?;
            let key = String::from_utf8(key.to_vec())
                .map_err(|_| StoreError::damaged(&self.path, "a key is not text"))?;
            if keys::is_record(&key) {
                records.push((key, value.to_vec()));
            }
        }
        Ok(records)
    }

    /// Returns a copy of everything, for writing as text.
    pub fn export(&self) -> Result<Export, StoreError> {
        Export::of(self)
    }

    /// Creates a datastore from an export; fails if anything is at `path`.
    pub fn import(path: &Path, export: &Export) -> Result<(), StoreError> {
        let known = migrate::newest(MIGRATIONS);
        if !(1..=known).contains(&export.schema) {
            return Err(StoreError::Newer(path.to_owned(), export.schema, known));
        }
        let mut records = Batch::default();
        records.insert(keys::SCHEMA_VERSION, export.schema.to_string().as_str());
        records.insert(keys::CLOAK_SECRET, export.cloak_secret.as_str());
        for (key, value) in &export.records {
            records.insert(key.as_str(), value.as_slice());
        }
        create(path, records)
    }

    /// Starts a writer for the datastore, which also serves the control socket. A failure of the socket is
    /// only logged: without it, everything except exports from the running server works.
    pub fn into_writer(mut self) -> Result<StoreWriter, StoreError> {
        let (path, wal) = (self.path.clone(), self.wal.take());
        let mut writer =
            StoreWriter::with_wal(SledDatabase::new(self)?, wal).map_err(StoreError::io(&path))?;
        match StoreControl::open(&path, writer.reader()) {
            Ok(control) => writer.hold(control),
            Err(error) => {
                tracing::warn!(
                    target: LogType::Datastore.name(),
                    "no control socket beside {}: {error}",
                    path.display()
                );
            }
        }
        Ok(writer)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    pub(super) fn schema(&self) -> Result<u32, StoreError> {
        migrate::version(&self.path, &self.db)
    }

    /// Closes and reopens the datastore after sled has failed. Incomplete batches are lost.
    pub(super) fn reopen(self) -> Result<Store, StoreError> {
        let Store { path, backup, wal, db, mut closer, _lock } = self;
        closer.seals = false;
        drop(db);
        wait_for_sled(&path).map_err(StoreError::io(&path))?;
        let db = read(&path, &path)?;
        migrate::version(&path, &db)?;
        closer.seals = true;
        Ok(Store { path, backup, wal, db, closer, _lock })
    }

    /// Leaves out the seal on drop, after a failure, so that the next start treats the datastore as after a
    /// crash.
    pub(super) fn leave_unsealed(&mut self) {
        self.closer.seals = false;
    }
}

/// Seals a datastore after sled has closed its files.
#[derive(Debug)]
struct Closer {
    path: PathBuf,
    seals: bool,
}

impl Drop for Closer {
    fn drop(&mut self) {
        // Without a seal, the next start relies on sled's recovery, as after a crash.
        if self.seals
            && let Err(error) = wait_for_sled(&self.path).and_then(|()| seal::close(&self.path))
        {
            tracing::warn!(
                target: LogType::Datastore.name(),
                "{} could not be sealed: {error}",
                self.path.display()
            );
        }
    }
}

/// Waits until sled's threads have closed their file, which is locked until then.
fn wait_for_sled(dir: &Path) -> io::Result<()> {
    let file = File::open(dir.join("db"))?;
    let start = Instant::now();
    while file.try_lock().is_err() {
        if start.elapsed() > CLOSE_TIME_MAX {
            return Err(io::Error::new(ErrorKind::TimedOut, "sled did not close it in time"));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Creates a datastore with these records, completely or not at all: it is written beside `path`, then
/// renamed.
pub(super) fn create(path: &Path, records: Batch) -> Result<(), StoreError> {
    if !is_absent(path)? {
        return Err(StoreError::Exists(path.to_owned()));
    }
    let new = beside(path, &format!("{}.new", std::process::id()));
    let made = write(&new, records).and_then(|()| fs::rename(&new, path).map_err(StoreError::io(path)));
    if made.is_err() {
        let _ = fs::remove_dir_all(&new);
    }
    made
}

fn write(dir: &Path, records: Batch) -> Result<(), StoreError> {
    private::create_dir(dir).map_err(StoreError::io(dir))?;
    let marker = dir.join(MARKER);
    private::write(&marker, MARKER_TEXT).map_err(StoreError::io(&marker))?;
    let db = read(dir, dir)?;
    let _closer = Closer { path: dir.to_owned(), seals: true };
    let written = db.apply_batch(records).and_then(|()| db.flush());
    drop(db);
    written.map(drop).map_err(|error| StoreError::Io(dir.to_owned(), io::Error::other(error)))
}

/// Returns whether a datastore can be created at `path`: there is nothing, or an empty directory.
fn is_absent(path: &Path) -> Result<bool, StoreError> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(StoreError::Io(path.to_owned(), error)),
    }
}

/// Checks that `path` is a datastore of this program, and locks it for this process.
fn lock(path: &Path) -> Result<FileLock, StoreError> {
    let foreign = |why| StoreError::NotADatastore(path.to_owned(), why);
    if fs::metadata(path).map_err(StoreError::io(path))?.is_file() {
        return Err(foreign("expected a directory, found a file, perhaps of another server"));
    }
    let marker = path.join(MARKER);
    let text = match fs::read_to_string(&marker) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(foreign("it has no marker file")),
        text => text.map_err(StoreError::io(&marker))?,
    };
    if text != MARKER_TEXT {
        return Err(foreign("its marker file has another text"));
    }
    let file = private::options().write(true).open(&marker).map_err(StoreError::io(&marker))?;
    let lock = FileLock::take(file, "datastore", path)?;
    restrict(path);
    if !path.join("db").exists() {
        return Err(StoreError::damaged(path, "its file db is missing"));
    }
    Ok(lock)
}

/// Restricts the datastore to its owner, and everything that this or an earlier version created beside it.
fn restrict(path: &Path) {
    private::restrict(path);
    let prefix = beside(Path::new(path.file_name().unwrap_or_default()), "").into_os_string();
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    for entry in fs::read_dir(parent.unwrap_or(Path::new("."))).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let suffix = name.as_bytes().strip_prefix(prefix.as_bytes()).unwrap_or_default();
        if OWN_SUFFIXES.iter().any(|own| suffix.ends_with(own.as_bytes())) {
            private::restrict(&path.with_file_name(name));
        }
    }
}

/// Lets sled recover a copy of a database that was not closed cleanly. sled writes during recovery, so a
/// failed recovery of the original could destroy data that an expert could still save.
fn rehearse(path: &Path) -> Result<(), StoreError> {
    let copy = beside(path, "recovery");
    if copy.exists() {
        fs::remove_dir_all(&copy).map_err(StoreError::io(&copy))?;
    }
    let tried = copy_directory(path, &copy)
        .map_err(StoreError::io(&copy))
        .and_then(|()| read(&copy, path))
        .and_then(|db| watermark::check(path, &db).map(|()| db))
        .and_then(|db| read_all(path, &db).map(|()| db))
        .and_then(|db| migrate::version(path, &db));
    let _ = wait_for_sled(&copy);
    let _ = fs::remove_dir_all(&copy);
    tried.map(drop)
}

/// Reads everything, because damage in a page is detected only when it is read.
fn read_all(path: &Path, db: &Db) -> Result<(), StoreError> {
    let theirs = db.clone();
    let read = within(OPEN_TIME_MAX, move || theirs.iter().try_for_each(|entry| entry.map(drop)))
        .map_err(|why| StoreError::damaged(path, format!("reading it {why}")))?;
    read.map_err(|error| StoreError::damaged(path, error))
}

fn copy_directory(from: &Path, to: &Path) -> io::Result<()> {
    private::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_directory(&entry.path(), &target)?;
        } else {
            private::copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Returns `path.suffix`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Opens the database in `dir` on a separate thread, because damage can make sled panic or never return.
/// Errors name `path`.
fn read(dir: &Path, path: &Path) -> Result<Db, StoreError> {
    remove_half_snapshots(dir).map_err(StoreError::io(path))?;
    // Every write here is flushed, so sled need not flush every half second by itself.
    let config = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(None);
    let opened = within(OPEN_TIME_MAX, move || config.open())
        .map_err(|why| StoreError::damaged(path, format!("reading it {why}")))?;
    opened.map_err(|error| match error {
        sled::Error::Io(error) => StoreError::Io(path.to_owned(), error),
        error => StoreError::damaged(path, error),
    })
}

/// Removes incomplete snapshots. sled first writes a snapshot under another name. If a kill or a full disk
/// interrupts that, sled mistakes the incomplete file for its newest snapshot, and finds the database
/// damaged. The previous snapshot still exists.
fn remove_half_snapshots(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if text.starts_with("snap.") && text.ends_with(".generating") {
            fs::remove_file(dir.join(&name))?;
        }
    }
    Ok(())
}

/// Runs an operation of sled on a separate thread, because it can panic or never return. The error is the
/// predicate of a sentence.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, &'static str> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new().spawn(move || sender.send(work())).map_err(|_| "needs a thread")?;
    receiver.recv_timeout(limit).map_err(|error| match error {
        mpsc::RecvTimeoutError::Timeout => "timed out",
        mpsc::RecvTimeoutError::Disconnected => "failed",
    })
}

#[cfg(test)]
mod tests;

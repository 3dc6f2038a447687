//! Creating, opening and closing the datastore.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sled::{Batch, Db};

use super::control::Control;
use super::disk::Database;
use super::migrate::{self, MIGRATIONS, Migration};
use super::wal::{self, Wal};
use super::{Export, FileLock, StoreError, Writer, keys, random_secret, reserve, seal, watermark};
use crate::private;

/// File in the datastore's directory that identifies it and is locked while the datastore is open.
pub(super) const MARKER: &str = "ircd";

const MARKER_TEXT: &str = "This directory is a datastore of ircd.\n";

/// Ends of the names of everything that is created beside the datastore.
const OWN_SUFFIXES: &[&str] = &["bak", "new", "recovery", "reserve"];

/// Memory for pages; sled's own default is 1 GiB.
const CACHE_BYTES: u64 = 16 << 20;

/// How long sled may take to read a datastore. On some damage it never ends.
pub(super) const OPEN_TIME_MAX: Duration = Duration::from_secs(60);

/// How long sled's threads may take to let go of a closed database.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(5);

/// What to do with a datastore that an older version wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outdated {
    /// Copy it, then change it to this version's layout.
    Upgrade,
    /// Leave it and fail.
    Refuse,
}

/// The open datastore; no other process can open it. Dropped, it is closed in order.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    backup: Option<PathBuf>,
    /// Until the writer has it.
    wal: Option<Wal>,
    // Dropped in this order: sled lets go, the seal is put on, others may open it.
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

    /// Opens the datastore, which is created first if there is nothing at `path`.
    pub fn open_or_create(path: &Path, outdated: Outdated) -> Result<Store, StoreError> {
        if is_absent(path)? {
            Store::create(path)?;
        }
        Store::open(path, outdated)
    }

    /// Opens an existing datastore.
    pub fn open(path: &Path, outdated: Outdated) -> Result<Store, StoreError> {
        match Store::open_with(path, outdated, MIGRATIONS) {
            // Recovery writes, too.
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
        if found < known && outdated == Outdated::Refuse {
            return Err(StoreError::Outdated(path.to_owned(), found, known));
        }
        // Before a migration, as the log is in the old layout, too.
        store.wal = Some(wal::apply(path, &store.db)?);
        if found < known {
            store.backup = Some(migrate::run(path, &store.db, found, migrations)?);
        }
        Ok(store)
    }

    /// The copy that was made because opening changed the layout.
    pub fn backup(&self) -> Option<&Path> {
        self.backup.as_deref()
    }

    /// The secret that the cloaks of hosts are made with; the same as long as the datastore lives.
    pub fn cloak_secret(&self) -> Result<String, StoreError> {
        let stored =
            self.db.get(keys::CLOAK_SECRET).map_err(|error| StoreError::damaged(&self.path, error))?;
        stored
            .and_then(|secret| String::from_utf8(secret.to_vec()).ok())
            .ok_or_else(|| StoreError::damaged(&self.path, "its cloak secret is missing"))
    }

    /// All records by key, as they were last written.
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

    /// A copy of everything, to be written as text.
    pub fn export(&self) -> Result<Export, StoreError> {
        Export::of(self)
    }

    /// Creates a datastore of a copy; fails if anything is at `path`.
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

    /// Hands it to a writer of its own, which also serves the control socket. Without the socket,
    /// there is no export while the server runs, but nothing else is missing.
    pub fn into_writer(mut self) -> Result<Writer, StoreError> {
        let (path, wal) = (self.path.clone(), self.wal.take());
        let mut writer = Writer::with_wal(Database::new(self)?, wal).map_err(StoreError::io(&path))?;
        match Control::open(&path, writer.reader()) {
            Ok(control) => writer.hold(control),
            Err(error) => {
                tracing::warn!(target: "datastore", "no control socket beside {}: {error}", path.display());
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

    /// Closes it and opens it again, after sled failed. What was not whole is gone then.
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

    /// It failed: the next start is to look at it as after a crash.
    pub(super) fn leave_unsealed(&mut self) {
        self.closer.seals = false;
    }
}

/// Seals a datastore once sled has let go of it.
#[derive(Debug)]
struct Closer {
    path: PathBuf,
    seals: bool,
}

impl Drop for Closer {
    fn drop(&mut self) {
        // Without a seal the next start trusts sled's own recovery, as after a crash.
        if self.seals
            && let Err(error) = wait_for_sled(&self.path).and_then(|()| seal::close(&self.path))
        {
            tracing::warn!(target: "datastore", "{} could not be sealed: {error}", self.path.display());
        }
    }
}

/// Waits until sled's threads have closed their file, which sled keeps locked.
fn wait_for_sled(dir: &Path) -> io::Result<()> {
    let file = File::open(dir.join("db"))?;
    let start = Instant::now();
    while file.try_lock().is_err() {
        if start.elapsed() > CLOSE_TIME_MAX {
            return Err(io::Error::new(ErrorKind::TimedOut, "sled does not close it"));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Makes a datastore with these records. It is written beside `path` and then put there whole.
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

/// Whether a datastore can be made at `path`: nothing is there, or an empty directory.
fn is_absent(path: &Path) -> Result<bool, StoreError> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(StoreError::Io(path.to_owned(), error)),
    }
}

/// Makes sure that `path` is a datastore of this program and takes it for this process.
fn lock(path: &Path) -> Result<FileLock, StoreError> {
    let foreign = |why| StoreError::Foreign(path.to_owned(), why);
    if fs::metadata(path).map_err(StoreError::io(path))?.is_file() {
        return Err(foreign("it is a file, perhaps another server's; ours are directories"));
    }
    let marker = path.join(MARKER);
    let text = match fs::read_to_string(&marker) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(foreign("our mark is not in it")),
        text => text.map_err(StoreError::io(&marker))?,
    };
    if text != MARKER_TEXT {
        return Err(foreign("the mark in it is not ours"));
    }
    let file = private::options().write(true).open(&marker).map_err(StoreError::io(&marker))?;
    let lock = FileLock::take(file, "datastore", path)?;
    restrict(path);
    if !path.join("db").exists() {
        return Err(StoreError::damaged(path, "its file db is missing"));
    }
    Ok(lock)
}

/// Restricts the datastore to its owner, as well as what this program or an earlier version left beside it.
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

/// Lets sled recover a copy of a database that was not closed in order. sled writes while it recovers, so a
/// failed recovery of the original could destroy what an expert could still have saved.
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

/// Reads everything, as damage in a page shows only when it is read.
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

/// The path with something added to its last name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Opens the database in `dir`, on a thread of its own: damage can make sled panic or never end. An
/// error speaks of `path`.
fn read(dir: &Path, path: &Path) -> Result<Db, StoreError> {
    remove_half_snapshots(dir).map_err(StoreError::io(path))?;
    // sled is not to flush every half second by itself: every write here is flushed.
    let config = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(None);
    let opened = within(OPEN_TIME_MAX, move || config.open())
        .map_err(|why| StoreError::damaged(path, format!("reading it {why}")))?;
    opened.map_err(|error| match error {
        sled::Error::Io(error) => StoreError::Io(path.to_owned(), error),
        error => StoreError::damaged(path, error),
    })
}

/// sled writes a snapshot under another name first. If that was interrupted by a kill or a full disk, sled
/// takes the unfinished file for its newest snapshot, and the database for damaged. The snapshot before is
/// still there.
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

/// Runs an operation of sled on a thread of its own, as it can panic or never end. The error completes a
/// sentence.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, &'static str> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new().spawn(move || sender.send(work())).map_err(|_| "needs a thread")?;
    receiver.recv_timeout(limit).map_err(|error| match error {
        mpsc::RecvTimeoutError::Timeout => "does not end",
        mpsc::RecvTimeoutError::Disconnected => "failed",
    })
}

#[cfg(test)]
mod tests;

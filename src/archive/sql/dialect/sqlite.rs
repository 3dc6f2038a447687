//! SQLite.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::error::DatabaseError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};

use super::{Dialect, question_mark};
use crate::archive::Error;
use crate::private;

/// Page size. The tree of the primary key contains rows of a few hundred bytes: larger pages keep it flat.
const PAGE_BYTES: u32 = 8192;
/// Number of rows that a connection buffers before it waits for the reader: most pages of history at once.
const ROWS_MAX: usize = 1024;
/// SQLite's page cache per connection, in KiB, which SQLite marks with a minus.
const CACHE: &str = "-8192";
/// Size to which SQLite truncates its log file after a checkpoint, in bytes.
const LOG_BYTES_MAX: &str = "67108864";

pub(in super::super) const DIALECT: Dialect = Dialect {
    placeholder: question_mark,
    limit: (" LIMIT ", ""),
    // A transaction that begins with a read cannot write later if another has written meanwhile.
    begin: "BEGIN IMMEDIATE",
    if_present: " ON CONFLICT DO NOTHING",
    number: "INTEGER",
    steps: &[&[
        "CREATE TABLE IF NOT EXISTS targets (
            id INTEGER PRIMARY KEY,
            owner TEXT NOT NULL,
            name TEXT NOT NULL,
            UNIQUE (owner, name))",
        "CREATE TABLE IF NOT EXISTS messages (
            target INTEGER NOT NULL,
            id BLOB NOT NULL,
            kind INTEGER NOT NULL,
            bot INTEGER NOT NULL,
            source TEXT NOT NULL,
            account TEXT,
            tags TEXT NOT NULL,
            params TEXT NOT NULL,
            text TEXT,
            author TEXT,
            PRIMARY KEY (target, id)) WITHOUT ROWID",
        "CREATE INDEX IF NOT EXISTS messages_by_id ON messages (id)",
        "CREATE INDEX IF NOT EXISTS messages_by_author ON messages (author, id) WHERE author IS NOT NULL",
    ]],
};

/// Creates the file if it is missing, for its owner only, and restricts an existing one, with the files that
/// SQLite keeps beside it. SQLite gives new ones the mode of the database.
pub(in super::super) fn create(path: &Path) -> Result<(), Error> {
    let created = private::options().create(true).append(true).open(path);
    created.map_err(|error| Error::Rejected(format!("its file cannot be opened: {error}")))?;
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        private::restrict(&PathBuf::from(name));
    }
    Ok(())
}

/// Opens the file, which must exist.
pub(in super::super) async fn connect(
    path: &Path,
    busy_timeout: Duration,
) -> Result<SqliteConnection, sqlx::Error> {
    options(path, busy_timeout).connect().await
}

pub(in super::super) fn options(path: &Path, busy_timeout: Duration) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(busy_timeout)
        .page_size(PAGE_BYTES)
        // Readers and the writer do not wait for each other.
        .journal_mode(SqliteJournalMode::Wal)
        // Commits must be durable, because the spool deletes committed records.
        .synchronous(SqliteSynchronous::Full)
        .row_buffer_size(ROWS_MAX)
        .pragma("cache_size", CACHE)
        .pragma("journal_size_limit", LOG_BYTES_MAX)
        .disable_statement_logging()
}

/// Classifies an error of SQLite.
pub(in super::super) fn error(error: &dyn DatabaseError) -> Error {
    let text = error.to_string();
    // The low byte is the primary result code.
    let code = error.code().and_then(|code| code.parse::<i32>().ok());
    match code.map(|code| code & 0xff) {
        // Read-only, corrupt, cannot be opened, not permitted, not a database.
        Some(8 | 11 | 14 | 23 | 26) => Error::Rejected(text),
        // Too big, a constraint, a mismatch of types.
        Some(18..=20) => Error::Unstorable(text),
        _ => Error::Unavailable(text),
    }
}

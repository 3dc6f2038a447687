//! SQLite: a file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::error::DatabaseError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};

use super::{Dialect, question_mark};
use crate::archive::Error;
use crate::private;

/// Rows of a few hundred bytes lie in the tree of the primary key itself: larger pages keep it flat.
const PAGE_BYTES: u32 = 8192;
/// Rows that a connection hands over before it waits for us: a page of most sizes in one piece.
const ROWS_MAX: usize = 1024;
/// SQLite's memory for pages per connection, in KiB (its own convention: negative).
const CACHE: &str = "-8192";
/// Length to which SQLite's log file is cut once it has been carried over.
const LOG_BYTES_MAX: &str = "67108864";

pub(in super::super) const DIALECT: Dialect = Dialect {
    placeholder: question_mark,
    limit: (" LIMIT ", ""),
    // A transaction that begins by reading could not go on to write if another had written meanwhile.
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

/// Creates the file if it is missing, for its owner only, and restricts one that is there with the files that SQLite keeps
/// beside it. SQLite gives new ones the mode of the database.
pub(in super::super) fn create(path: &Path) -> Result<(), Error> {
    let created = private::options().create(true).append(true).open(path);
    created.map_err(|error| Error::Refused(format!("its file cannot be opened: {error}")))?;
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        private::restrict(&PathBuf::from(name));
    }
    Ok(())
}

/// Opens the file, which must be there.
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
        // What is committed is durable: the spool forgets it then.
        .synchronous(SqliteSynchronous::Full)
        .row_buffer_size(ROWS_MAX)
        .pragma("cache_size", CACHE)
        .pragma("journal_size_limit", LOG_BYTES_MAX)
        .disable_statement_logging()
}

/// What an error of SQLite means.
pub(in super::super) fn error(error: &dyn DatabaseError) -> Error {
    let text = error.to_string();
    // Its primary result code is the low byte of what it says.
    let code = error.code().and_then(|code| code.parse::<i32>().ok());
    match code.map(|code| code & 0xff) {
        // Read-only, corrupt, cannot be opened, not permitted, not a database.
        Some(8 | 11 | 14 | 23 | 26) => Error::Refused(text),
        // Too big, a constraint, a mismatch of types.
        Some(18..=20) => Error::Unfit(text),
        _ => Error::Away(text),
    }
}

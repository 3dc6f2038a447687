//! One connection to one of the databases, behind one face.

use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Row as _};

use super::super::Error;
use super::super::settings::Place;

/// Rows of a few hundred bytes lie in the tree of the primary key itself: larger pages keep it flat.
const SQLITE_PAGE_BYTES: u32 = 8192;
/// Rows that a connection of SQLite hands over before it waits for us: a page of most sizes in one piece.
const SQLITE_ROWS_MAX: usize = 1024;
/// SQLite's memory for pages per connection, in KiB (its own convention: negative).
const SQLITE_CACHE: &str = "-8192";
/// Length to which SQLite's log file is cut once it has been carried over.
const SQLITE_LOG_BYTES_MAX: &str = "67108864";

/// An open connection.
#[derive(Debug)]
pub(super) enum Connection {
    Sqlite(SqliteConnection),
    Mysql(MySqlConnection),
}

/// A value for a `?`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Int(i64),
    Text(Option<&'a str>),
    Bytes(&'a [u8]),
}

/// A row of an answer.
#[derive(Debug)]
pub(super) enum Row {
    Sqlite(SqliteRow),
    Mysql(MySqlRow),
}

/// A prepared statement with its values. `$keep` says whether the connection remembers the statement.
macro_rules! query {
    ($sql:expr, $values:expr, $keep:expr) => {{
        let mut query = sqlx::query(AssertSqlSafe($sql)).persistent($keep);
        for value in $values {
            query = match *value {
                Value::Int(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
                Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query
    }};
}

impl Connection {
    /// Connects. With `time_max`, a MySQL server is asked to give up on statements by then, too.
    pub(super) async fn open(place: &Place, time_max: Option<Duration>) -> Result<Connection, Error> {
        match place {
            Place::Sqlite { .. } => {
                let opened = sqlite_options(place).connect().await;
                opened.map(Connection::Sqlite).map_err(error)
            }
            Place::Mysql { database, .. } => {
                let options = mysql_options(place).database(database);
                let opened = options.connect().await;
                let mut connection = opened.map(Connection::Mysql).map_err(error)?;
                connection.run("SET SESSION sql_mode = 'STRICT_ALL_TABLES'").await?;
                if let Some(time_max) = time_max {
                    connection.limit(time_max).await?;
                }
                Ok(connection)
            }
        }
    }

    /// Connects to a MySQL server without choosing a database.
    pub(super) async fn open_server(place: &Place) -> Result<Connection, Error> {
        mysql_options(place).connect().await.map(Connection::Mysql).map_err(error)
    }

    /// Closes it in order.
    pub(super) async fn close(self) {
        // Whatever is wrong with it, it is closed then.
        let _ = match self {
            Connection::Sqlite(connection) => connection.close().await,
            Connection::Mysql(connection) => connection.close().await,
        };
    }

    /// Whether it is SQLite.
    pub(super) fn is_sqlite(&self) -> bool {
        matches!(self, Connection::Sqlite(_))
    }

    /// MariaDB and MySQL have different words for it, and either knows only its own.
    async fn limit(&mut self, time_max: Duration) -> Result<(), Error> {
        let mariadb = format!("SET SESSION max_statement_time = {}", time_max.as_secs_f64());
        if self.run(&mariadb).await.is_ok() {
            return Ok(());
        }
        self.run(&format!("SET SESSION max_execution_time = {}", time_max.as_millis())).await
    }

    /// Carries out a statement without values, also of the kinds that cannot be prepared.
    pub(super) async fn run(&mut self, sql: &str) -> Result<(), Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        let done = match self {
            Connection::Sqlite(connection) => sql.execute(connection).await.map(drop),
            Connection::Mysql(connection) => sql.execute(connection).await.map(drop),
        };
        done.map_err(error)
    }

    /// Carries out a statement that will not come again soon; gives how many rows it changed.
    pub(super) async fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, Error> {
        let done = match self {
            Connection::Sqlite(connection) => {
                query!(sql, values, false).execute(connection).await.map(|done| done.rows_affected())
            }
            Connection::Mysql(connection) => {
                query!(sql, values, false).execute(connection).await.map(|done| done.rows_affected())
            }
        };
        done.map_err(error)
    }

    /// The rows that answer a question.
    pub(super) async fn rows(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        let rows: Result<Vec<Row>, sqlx::Error> = match self {
            Connection::Sqlite(connection) => {
                let rows = query!(sql, values, true).fetch_all(connection).await;
                rows.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Connection::Mysql(connection) => {
                let rows = query!(sql, values, true).fetch_all(connection).await;
                rows.map(|rows| rows.into_iter().map(Row::Mysql).collect())
            }
        };
        rows.map_err(error)
    }
}

impl Row {
    /// A number.
    pub(super) fn int(&self, column: usize) -> Result<i64, Error> {
        let value = match self {
            Row::Sqlite(row) => row.try_get_unchecked(column),
            Row::Mysql(row) => row.try_get_unchecked(column),
        };
        value.map_err(error)
    }

    /// Bytes, or text as bytes; `None` is NULL.
    pub(super) fn bytes(&self, column: usize) -> Result<Option<&[u8]>, Error> {
        let value = match self {
            Row::Sqlite(row) => row.try_get_unchecked(column),
            Row::Mysql(row) => row.try_get_unchecked(column),
        };
        value.map_err(error)
    }

    /// Text.
    pub(super) fn text(&self, column: usize) -> Result<Option<&str>, Error> {
        let bytes = self.bytes(column)?;
        bytes.map(str::from_utf8).transpose().map_err(|error| Error::Away(error.to_string()))
    }
}

fn sqlite_options(place: &Place) -> SqliteConnectOptions {
    let Place::Sqlite { path, busy_timeout } = place else { unreachable!("asked for a file only") };
    SqliteConnectOptions::new()
        .filename(path)
        // It was made before, readable by its user only.
        .create_if_missing(false)
        .busy_timeout(*busy_timeout)
        .page_size(SQLITE_PAGE_BYTES)
        // Readers and the writer do not wait for each other.
        .journal_mode(SqliteJournalMode::Wal)
        // What is committed is durable: the spool forgets it then.
        .synchronous(SqliteSynchronous::Full)
        .row_buffer_size(SQLITE_ROWS_MAX)
        .pragma("cache_size", SQLITE_CACHE)
        .pragma("journal_size_limit", SQLITE_LOG_BYTES_MAX)
        .disable_statement_logging()
}

fn mysql_options(place: &Place) -> MySqlConnectOptions {
    let Place::Mysql { host, port, socket, user, password, .. } = place else {
        unreachable!("asked for a server only")
    };
    let options = MySqlConnectOptions::new()
        .username(user)
        .password(password.reveal())
        .charset("utf8mb4")
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None::<String>)
        .disable_statement_logging();
    match socket {
        Some(socket) => options.socket(socket),
        None => options.host(host).port(*port),
    }
}

/// MySQL: no database of this name.
const NO_DATABASE: u16 = 1049;

/// Whether the server has no such database.
pub(super) fn is_no_database(error: &Error) -> bool {
    matches!(error, Error::Refused(why) if why.starts_with("1049 "))
}

fn error(error: sqlx::Error) -> Error {
    let text = error.to_string();
    let sqlx::Error::Database(database) = error else {
        return match error {
            sqlx::Error::Configuration(_) => Error::Refused(text),
            _ => Error::Away(text),
        };
    };
    let text = database.to_string();
    if let Some(mysql) = database.try_downcast_ref::<MySqlDatabaseError>() {
        return match mysql.number() {
            // Access denied, in several ways; a plugin that is not known here.
            1044 | 1045 | 1142 | 1143 | 1698 | 2059 | NO_DATABASE => Error::Refused(text),
            // Too long, out of range, not in the character set, a packet larger than the server takes.
            1153 | 1264 | 1366 | 1406 => Error::Unfit(text),
            _ => Error::Away(text),
        };
    }
    // SQLite's primary result code is the low byte of what it says.
    let code = database.code().and_then(|code| code.parse::<i32>().ok());
    match code.map(|code| code & 0xff) {
        // Read-only, corrupt, cannot be opened, not permitted, not a database.
        Some(8 | 11 | 14 | 23 | 26) => Error::Refused(text),
        // Too big, a constraint, a mismatch of types.
        Some(18..=20) => Error::Unfit(text),
        _ => Error::Away(text),
    }
}

//! A connection to one of the databases, with a common interface.

use std::time::Duration;

use sqlx::mysql::{MySqlConnection, MySqlDatabaseError, MySqlRow};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use super::dialect::{Dialect, Statement, mysql, sqlite};
use crate::archive::{DatabaseAddress, Error};

/// An open connection.
#[derive(Debug)]
pub(super) enum SqlConnection {
    Sqlite(SqliteConnection),
    Mysql(MySqlConnection),
}

/// A value in a statement.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Int(i64),
    Text(Option<&'a str>),
    Bytes(&'a [u8]),
}

/// A row of a result.
#[derive(Debug)]
pub(super) enum Row {
    Sqlite(SqliteRow),
    Mysql(MySqlRow),
}

/// Returns a prepared statement with its values. `$keep` says whether the connection caches the statement.
macro_rules! query {
    ($statement:expr, $keep:expr) => {{
        let mut query = sqlx::query(AssertSqlSafe($statement.sql())).persistent($keep);
        for value in $statement.values() {
            query = match *value {
                Value::Int(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
                Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query
    }};
}

impl SqlConnection {
    /// Connects. `time_max` is the timeout that a server is asked to apply to each statement.
    pub(super) async fn open(
        address: &DatabaseAddress,
        time_max: Option<Duration>,
    ) -> Result<SqlConnection, Error> {
        match address {
            DatabaseAddress::Sqlite { path, busy_timeout } => {
                let opened = sqlite::connect(path, *busy_timeout).await;
                opened.map(SqlConnection::Sqlite).map_err(error)
            }
            DatabaseAddress::Mysql { .. } => {
                let opened = mysql::connect(address, true).await;
                let mut connection = opened.map(SqlConnection::Mysql).map_err(error)?;
                connection.run("SET SESSION sql_mode = 'STRICT_ALL_TABLES'").await?;
                if let Some(time_max) = time_max {
                    connection.limit(time_max).await?;
                }
                Ok(connection)
            }
        }
    }

    /// Connects to a server without selecting a database.
    pub(super) async fn open_server(address: &DatabaseAddress) -> Result<SqlConnection, Error> {
        mysql::connect(address, false).await.map(SqlConnection::Mysql).map_err(error)
    }

    /// Closes the connection cleanly.
    pub(super) async fn close(self) {
        // It is closed even after an error.
        let _ = match self {
            SqlConnection::Sqlite(connection) => connection.close().await,
            SqlConnection::Mysql(connection) => connection.close().await,
        };
    }

    pub(super) fn dialect(&self) -> &'static Dialect {
        match self {
            SqlConnection::Sqlite(_) => &sqlite::DIALECT,
            SqlConnection::Mysql(_) => &mysql::DIALECT,
        }
    }

    /// Begins a statement.
    pub(super) fn statement<'a>(&self, text: &str) -> Statement<'a> {
        Statement::new(self.dialect(), text)
    }

    /// Sets the timeout of statements. The name of the variable differs between MariaDB and MySQL.
    async fn limit(&mut self, time_max: Duration) -> Result<(), Error> {
        let mariadb = format!("SET SESSION max_statement_time = {}", time_max.as_secs_f64());
        if self.run(&mariadb).await.is_ok() {
            return Ok(());
        }
        self.run(&format!("SET SESSION max_execution_time = {}", time_max.as_millis())).await
    }

    /// Executes a statement without values, including those that cannot be prepared.
    pub(super) async fn run(&mut self, sql: &str) -> Result<(), Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        let done = match self {
            SqlConnection::Sqlite(connection) => sql.execute(connection).await.map(drop),
            SqlConnection::Mysql(connection) => sql.execute(connection).await.map(drop),
        };
        done.map_err(error)
    }

    /// Executes a statement that is not worth caching. Returns the number of rows it changed.
    pub(super) async fn execute(&mut self, statement: &Statement<'_>) -> Result<u64, Error> {
        let done = match self {
            SqlConnection::Sqlite(connection) => {
                query!(statement, false).execute(connection).await.map(|done| done.rows_affected())
            }
            SqlConnection::Mysql(connection) => {
                query!(statement, false).execute(connection).await.map(|done| done.rows_affected())
            }
        };
        done.map_err(error)
    }

    /// Returns the rows of a query.
    pub(super) async fn rows(&mut self, statement: &Statement<'_>) -> Result<Vec<Row>, Error> {
        let rows: Result<Vec<Row>, sqlx::Error> = match self {
            SqlConnection::Sqlite(connection) => {
                let rows = query!(statement, true).fetch_all(connection).await;
                rows.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            SqlConnection::Mysql(connection) => {
                let rows = query!(statement, true).fetch_all(connection).await;
                rows.map(|rows| rows.into_iter().map(Row::Mysql).collect())
            }
        };
        rows.map_err(error)
    }
}

impl Row {
    /// Returns a number.
    pub(super) fn int(&self, column: usize) -> Result<i64, Error> {
        let value = match self {
            Row::Sqlite(row) => row.try_get_unchecked(column),
            Row::Mysql(row) => row.try_get_unchecked(column),
        };
        value.map_err(error)
    }

    /// Returns bytes, or text as bytes; `None` is NULL.
    pub(super) fn bytes(&self, column: usize) -> Result<Option<&[u8]>, Error> {
        let value = match self {
            Row::Sqlite(row) => row.try_get_unchecked(column),
            Row::Mysql(row) => row.try_get_unchecked(column),
        };
        value.map_err(error)
    }

    /// Returns text; `None` is NULL.
    pub(super) fn text(&self, column: usize) -> Result<Option<&str>, Error> {
        let bytes = self.bytes(column)?;
        bytes.map(str::from_utf8).transpose().map_err(|error| Error::Unavailable(error.to_string()))
    }
}

fn error(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Configuration(_) => Error::Rejected(error.to_string()),
        sqlx::Error::Database(database) => match database.try_downcast_ref::<MySqlDatabaseError>() {
            Some(of_mysql) => mysql::error(of_mysql),
            None => sqlite::error(&*database),
        },
        _ => Error::Unavailable(error.to_string()),
    }
}

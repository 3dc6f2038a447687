//! The layout of the tables, and how an older one becomes this one.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;

use super::super::Error;
use super::super::settings::Place;
use super::connection::{Connection, Value, is_no_database};
use super::read;
use crate::wire::MsgId;

/// A step to the next version: its statements for SQLite and for MySQL. MySQL has no transactions for these, so
/// each statement must be one that may be repeated.
struct Step {
    sqlite: &'static [&'static str],
    mysql: &'static [&'static str],
}

/// From nothing to version 1 and on. Entries are only ever added at the end.
const STEPS: &[Step] = &[Step {
    sqlite: &[
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
    ],
    mysql: &[
        "CREATE TABLE IF NOT EXISTS targets (
            id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
            owner VARBINARY(255) NOT NULL,
            name VARBINARY(255) NOT NULL,
            UNIQUE KEY targets_by_name (owner, name)
        ) ENGINE = InnoDB",
        "CREATE TABLE IF NOT EXISTS messages (
            target BIGINT NOT NULL,
            id BINARY(16) NOT NULL,
            kind TINYINT NOT NULL,
            bot TINYINT NOT NULL,
            source TEXT NOT NULL,
            account TEXT,
            tags TEXT NOT NULL,
            params TEXT NOT NULL,
            text MEDIUMTEXT,
            author VARBINARY(255),
            PRIMARY KEY (target, id),
            KEY messages_by_id (id),
            KEY messages_by_author (author, id)
        ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    ],
}];

/// Makes the database, if it is not there and we may, and brings it to this version's layout. Gives the id of the
/// latest item.
pub(super) async fn prepare(place: &Place) -> Result<Option<MsgId>, Error> {
    if let Place::Sqlite { path, .. } = place {
        let made = File::options().create(true).append(true).mode(0o600).open(path);
        made.map_err(|error| Error::Refused(format!("its file cannot be opened: {error}")))?;
    }
    let mut connection = match Connection::open(place, None).await {
        Err(error) if is_no_database(&error) => {
            create(place).await?;
            Connection::open(place, None).await?
        }
        opened => opened?,
    };
    let number = if connection.is_sqlite() { "INTEGER" } else { "INT" };
    let meta =
        format!("CREATE TABLE IF NOT EXISTS meta (name VARCHAR(32) PRIMARY KEY, value {number} NOT NULL)");
    connection.run(&meta).await?;
    let found = version(&mut connection).await?;
    let steps = STEPS.get(found..).ok_or_else(|| {
        let known = STEPS.len();
        Error::Refused(format!(
            "it has schema version {found}, but this ircd knows none above {known}: use a newer ircd"
        ))
    })?;
    for (version, step) in (found + 1..).zip(steps) {
        let statements = if connection.is_sqlite() { step.sqlite } else { step.mysql };
        for statement in statements {
            connection.run(statement).await?;
        }
        connection.execute("DELETE FROM meta WHERE name = 'schema'", &[]).await?;
        let value = [Value::Int(version as i64)];
        connection.execute("INSERT INTO meta (name, value) VALUES ('schema', ?)", &value).await?;
    }
    let latest = connection.rows("SELECT id FROM messages ORDER BY id DESC LIMIT 1", &[]).await?;
    latest.first().map(|row| read::id(row, 0)).transpose()
}

/// The version that is there; 0 is none.
async fn version(connection: &mut Connection) -> Result<usize, Error> {
    let rows = connection.rows("SELECT value FROM meta WHERE name = 'schema'", &[]).await?;
    let version = rows.first().map_or(Ok(0), |row| row.int(0))?;
    usize::try_from(version).map_err(|_| Error::Refused(format!("it has schema version {version}")))
}

async fn create(place: &Place) -> Result<(), Error> {
    let Place::Mysql { database, .. } = place else { unreachable!("files are made when they are opened") };
    let name = database.replace('`', "``");
    let create = format!("CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    let made = Connection::open_server(place).await?.run(&create).await;
    made.map_err(|error| {
        Error::Refused(format!("there is no database {database}, and it cannot be made: {error}"))
    })
}

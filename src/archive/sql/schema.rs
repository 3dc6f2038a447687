//! Creates the tables, and upgrades older layouts to the current one.

use super::connection::{SqlConnection, Value};
use super::dialect::{mysql, sqlite};
use super::read;
use crate::archive::{DatabaseAddress, Error};
use crate::wire::MsgId;

/// Creates the database if it is missing and our user has the right to, and upgrades it to this version's
/// layout. Returns the id of the latest item.
pub(super) async fn prepare(address: &DatabaseAddress) -> Result<Option<MsgId>, Error> {
    if let DatabaseAddress::Sqlite { path, .. } = address {
        sqlite::create(path)?;
    }
    let mut connection = match SqlConnection::open(address, None).await {
        Err(error) if mysql::is_no_database(&error) => {
            create(address).await?;
            SqlConnection::open(address, None).await?
        }
        opened => opened?,
    };
    let dialect = connection.dialect();
    let number = dialect.number;
    let meta =
        format!("CREATE TABLE IF NOT EXISTS meta (name VARCHAR(32) PRIMARY KEY, value {number} NOT NULL)");
    connection.run(&meta).await?;
    let found = version(&mut connection).await?;
    let steps = dialect.steps.get(found..).ok_or_else(|| {
        let known = dialect.steps.len();
        Error::Rejected(format!(
            "it has schema version {found}, and this ircd supports versions up to {known}: use a newer ircd"
        ))
    })?;
    for (version, statements) in (found + 1..).zip(steps) {
        for statement in *statements {
            connection.run(statement).await?;
        }
        connection.run("DELETE FROM meta WHERE name = 'schema'").await?;
        let insert = connection.statement("INSERT INTO meta (name, value) VALUES ('schema', ");
        let insert = insert.value("", Value::Int(version as i64)).text(")");
        connection.execute(&insert).await?;
    }
    let latest = connection.statement("SELECT id FROM messages ORDER BY id DESC").limit(1);
    connection.rows(&latest).await?.first().map(|row| read::id(row, 0)).transpose()
}

/// Returns the version of the existing layout; 0 if there is none.
async fn version(connection: &mut SqlConnection) -> Result<usize, Error> {
    let stored = connection.statement("SELECT value FROM meta WHERE name = 'schema'");
    let rows = connection.rows(&stored).await?;
    let version = rows.first().map_or(Ok(0), |row| row.int(0))?;
    usize::try_from(version).map_err(|_| Error::Rejected(format!("it has schema version {version}")))
}

async fn create(address: &DatabaseAddress) -> Result<(), Error> {
    let DatabaseAddress::Mysql { database, .. } = address else {
        unreachable!("files are created when they are opened")
    };
    let created = SqlConnection::open_server(address).await?.run(&mysql::create(database)).await;
    created.map_err(|error| {
        Error::Rejected(format!("there is no database {database}, and it cannot be created: {error}"))
    })
}

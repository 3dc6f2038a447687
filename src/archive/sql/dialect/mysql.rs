//! MySQL and MariaDB.

use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError};

use super::{Dialect, question_mark};
use crate::archive::{DatabaseAddress, Error};

pub(in super::super) const DIALECT: Dialect = Dialect {
    placeholder: question_mark,
    limit: (" LIMIT ", ""),
    begin: "BEGIN",
    // INSERT IGNORE would also ignore values that do not fit.
    if_present: " ON DUPLICATE KEY UPDATE target = VALUES(target)",
    number: "INT",
    steps: &[&[
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
    ]],
};

/// The error "unknown database".
const NO_DATABASE: u16 = 1049;

/// Connects to a server, and to the database of the address if `chooses` is set.
pub(in super::super) async fn connect(
    address: &DatabaseAddress,
    chooses: bool,
) -> Result<MySqlConnection, sqlx::Error> {
    let DatabaseAddress::Mysql { host, port, socket, user, password, database } = address else {
        unreachable!("only for a server")
    };
    let mut options = MySqlConnectOptions::new()
        .username(user)
        .password(password.reveal())
        .charset("utf8mb4")
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None::<String>)
        .disable_statement_logging();
    options = match socket {
        Some(socket) => options.socket(socket),
        None => options.host(host).port(*port),
    };
    if chooses {
        options = options.database(database);
    }
    options.connect().await
}

/// Returns the statement that creates a database unless it exists.
pub(in super::super) fn create(database: &str) -> String {
    let name = database.replace('`', "``");
    format!("CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
}

/// Returns whether an error says that the server has no such database.
pub(in super::super) fn is_no_database(error: &Error) -> bool {
    matches!(error, Error::Rejected(why) if why.starts_with("1049 "))
}

/// Classifies an error of the server.
pub(in super::super) fn error(error: &MySqlDatabaseError) -> Error {
    let text = error.to_string();
    match error.number() {
        // Access denied, in several ways; an unknown authentication plugin.
        1044 | 1045 | 1142 | 1143 | 1698 | 2059 | NO_DATABASE => Error::Rejected(text),
        // Too long, out of range, not in the character set, a packet larger than the server accepts.
        1153 | 1264 | 1366 | 1406 => Error::Unstorable(text),
        _ => Error::Unavailable(text),
    }
}

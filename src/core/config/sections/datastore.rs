//! `datastore`: storage. `languages`: translations.

use std::time::Duration;

use crate::config::yaml::read::{boolean, count, duration, filled, number, text, word};
use crate::config::yaml::section::section;
use crate::config::yaml::value::SslMode;

section! {
    /// `datastore`: storage.
    Datastore {
        /// Path of the server's database. Not empty.
        path: String [text] = String::new(),
        /// Whether the database of an older version is upgraded at startup.
        autoupgrade: bool [boolean] = false,
        /// MySQL or MariaDB, for history.
        mysql: Mysql,
        /// PostgreSQL, for history.
        postgresql: Postgresql,
        /// SQLite, for history.
        sqlite: Sqlite,
    }
}

/// Defines a section for a database server: the given keys, and those that all such servers have.
macro_rules! database_server {
    ($(#[$meta:meta])* $name:ident, default port $port:literal { $($keys:tt)* }) => {
        section! {
            $(#[$meta])*
            $name {
                /// Whether it is used.
                enabled: bool [boolean] = false,
                /// Hostname of the database server.
                host: String [text] = "localhost".to_owned(),
                /// Port of the database server.
                port: u16 [number(1..=65_535)] = $port,
                /// User name.
                user: String [text] = String::new(),
                /// Password.
                password: String [text] = String::new(),
                /// Name of the database.
                history_database: String [text] = String::new(),
                /// Maximum number of connections; 0 for one per processor.
                max_conns: usize [count] = 0,
                /// Age at which a connection is replaced; 0 for never.
                conn_max_lifetime: Duration [duration] = Duration::ZERO,
                $($keys)*
            }
        }
    };
}

database_server! {
    /// `datastore.mysql`: a database for history on a MySQL or MariaDB server.
    Mysql, default port 3306 {
        /// Unix domain socket; instead of host and port.
        socket_path: Option<String> [filled] = None,
        /// Timeout of a query; 0 for 30 seconds.
        timeout: Duration [duration] = Duration::ZERO,
    }
}

database_server! {
    /// `datastore.postgresql`: a database for history on a PostgreSQL server.
    Postgresql, default port 5432 {
        /// Directory of the Unix domain socket; instead of host and port.
        socket_path: Option<String> [filled] = None,
        /// Timeout of a query; 0 for no limit.
        timeout: Duration [duration] = Duration::ZERO,
        /// TLS mode of the connection.
        ssl_mode: SslMode [word] = SslMode::Disable,
        /// File with the client certificate.
        ssl_cert: Option<String> [filled] = None,
        /// File with its key.
        ssl_key: Option<String> [filled] = None,
        /// File with the root certificate.
        ssl_root_cert: Option<String> [filled] = None,
        /// Connection URI; overrides the settings above.
        uri: Option<String> [filled] = None,
        /// Name shown in the statistics of the database server.
        application_name: Option<String> [filled] = None,
        /// Timeout for connecting; 0 for no limit.
        connect_timeout: Duration [duration] = Duration::ZERO,
    }
}

section! {
    /// `datastore.sqlite`: a database for history in a file.
    Sqlite {
        /// Whether it is used.
        enabled: bool [boolean] = false,
        /// Path of the file.
        database_path: String [text] = String::new(),
        /// How long to wait while another process writes.
        busy_timeout: Duration [duration] = Duration::from_secs(10),
        /// Maximum number of connections; 0 for one per processor.
        max_conns: usize [count] = 0,
    }
}

section! {
    /// `languages`: translations.
    Languages {
        /// Whether translations are used.
        enabled: bool [boolean] = false,
        /// Code of the default language.
        default: String [text] = "en".to_owned(),
        /// Directory of the translations.
        path: String [text] = String::new(),
    }
}

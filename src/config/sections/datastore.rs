//! `datastore`: where things are kept.

use std::time::Duration;

use crate::config::yaml::read::{boolean, count, duration, filled, number, text, word};
use crate::config::yaml::section::section;
use crate::config::yaml::value::SslMode;

section! {
    /// `datastore`: where things are kept.
    Datastore {
        /// The server's own database. Not empty.
        path: String [text] = String::new(),
        /// Whether the database of an older version is changed to this one's at start.
        autoupgrade: bool [boolean] = false,
        /// A database for history.
        mysql: Mysql,
        /// A database for history.
        postgresql: Postgresql,
        /// A database for history.
        sqlite: Sqlite,
    }
}

section! {
    /// `datastore.mysql`: a database for history on a MySQL or MariaDB server.
    Mysql {
        /// Whether it is used.
        enabled: bool [boolean] = false,
        /// The server's host.
        host: String [text] = "localhost".to_owned(),
        /// And port.
        port: u16 [number(1..=65_535)] = 3306,
        /// Unix socket; instead of host and port.
        socket_path: Option<String> [filled] = None,
        /// Our account there.
        user: String [text] = String::new(),
        /// And its password.
        password: String [text] = String::new(),
        /// The database.
        history_database: String [text] = String::new(),
        /// How long a query may take; 0 is 30 s.
        timeout: Duration [duration] = Duration::ZERO,
        /// Connections to it; 0 is one per processor.
        max_conns: usize [count] = 0,
        /// Age at which a connection is replaced; 0 is never.
        conn_max_lifetime: Duration [duration] = Duration::ZERO,
    }
}

section! {
    /// `datastore.postgresql`: a database for history on a PostgreSQL server.
    Postgresql {
        /// Whether it is used.
        enabled: bool [boolean] = false,
        /// The server's host.
        host: String [text] = "localhost".to_owned(),
        /// And port.
        port: u16 [number(1..=65_535)] = 5432,
        /// Directory of its Unix socket; instead of host and port.
        socket_path: Option<String> [filled] = None,
        /// Our account there.
        user: String [text] = String::new(),
        /// And its password.
        password: String [text] = String::new(),
        /// The database.
        history_database: String [text] = String::new(),
        /// How long a query may take; 0 is no limit.
        timeout: Duration [duration] = Duration::ZERO,
        /// Connections to it; 0 is one per processor.
        max_conns: usize [count] = 0,
        /// Age at which a connection is replaced; 0 is never.
        conn_max_lifetime: Duration [duration] = Duration::ZERO,
        /// How the connection is secured.
        ssl_mode: SslMode [word] = SslMode::Disable,
        /// File with our certificate.
        ssl_cert: Option<String> [filled] = None,
        /// File with its key.
        ssl_key: Option<String> [filled] = None,
        /// File with the certificate of the authority.
        ssl_root_cert: Option<String> [filled] = None,
        /// All of this as one `postgresql://` address; it goes before the rest.
        uri: Option<String> [filled] = None,
        /// What the connection is called in the server's statistics.
        application_name: Option<String> [filled] = None,
        /// How long connecting may take; 0 is no limit.
        connect_timeout: Duration [duration] = Duration::ZERO,
    }
}

section! {
    /// `datastore.sqlite`: a database for history in a file.
    Sqlite {
        /// Whether it is used.
        enabled: bool [boolean] = false,
        /// The file.
        database_path: String [text] = String::new(),
        /// How long to wait for another writer.
        busy_timeout: Duration [duration] = Duration::from_secs(10),
        /// Connections to it; 0 is one per processor.
        max_conns: usize [count] = 0,
    }
}

section! {
    /// `languages`: translations.
    Languages {
        /// Whether there are any.
        enabled: bool [boolean] = false,
        /// Code of the language of those who choose none.
        default: String [text] = "en".to_owned(),
        /// Directory of the catalogues.
        path: String [text] = String::new(),
    }
}

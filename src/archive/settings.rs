//! The settings of stored history, from the configuration.

use std::fmt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::auth::Secret;
use crate::config::Config;

/// Timeout of a database if the configuration has none: every wait must end.
const TIME_MAX: Duration = Duration::from_secs(30);
/// Timeout of SQLite, which has no key for it.
const SQLITE_TIME_MAX: Duration = Duration::from_secs(10);

/// The database in which history is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// A file.
    Sqlite {
        /// The path of the file.
        path: PathBuf,
        /// Maximum wait while another process writes it.
        busy_timeout: Duration,
    },
    /// A database on a MySQL or MariaDB server.
    Mysql {
        /// The server's host.
        host: String,
        /// The server's port.
        port: u16,
        /// The server's Unix socket, to use instead of host and port.
        socket: Option<PathBuf>,
        /// Our user name.
        user: String,
        /// Our password.
        password: Secret,
        /// The name of the database.
        database: String,
    },
}

impl fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseAddress::Sqlite { path, .. } => write!(f, "SQLite {}", path.display()),
            DatabaseAddress::Mysql { socket: Some(socket), user, database, .. } => {
                write!(f, "MySQL {user}@{}/{database}", socket.display())
            }
            DatabaseAddress::Mysql { host, port, user, database, .. } => {
                write!(f, "MySQL {user}@{host}:{port}/{database}")
            }
        }
    }
}

/// The settings that a rehash can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveSettings {
    /// Timeout for waiting for the database.
    pub time_max: Duration,
    /// Age at which items are deleted; 0 is never.
    pub expire_time: Duration,
    /// Interval at which the spool is made durable; 0 is before any client receives a message.
    pub sync_interval: Duration,
    /// Maximum size of the records that wait in the spool, in bytes.
    pub spool_bytes_max: u64,
}

impl LiveSettings {
    /// Returns the settings of a configuration.
    pub fn of(config: &Config) -> LiveSettings {
        let datastore = &config.datastore;
        let time_max = match (datastore.sqlite.enabled, datastore.mysql.timeout) {
            (true, _) => SQLITE_TIME_MAX,
            (false, Duration::ZERO) => TIME_MAX,
            (false, timeout) => timeout,
        };
        LiveSettings {
            time_max,
            expire_time: config.history.restrictions.expire_time,
            sync_interval: config.history.persistent.sync_interval,
            spool_bytes_max: config.history.persistent.spool_max_size as u64,
        }
    }
}

/// All settings of stored history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveSettings {
    /// The database.
    pub address: DatabaseAddress,
    /// Number of connections for queries.
    pub conns_max: usize,
    /// Age at which a connection is replaced; 0 is never.
    pub conn_age_max: Duration,
    /// The spool's directory.
    pub spool: PathBuf,
    /// The settings that can change.
    pub live: LiveSettings,
}

impl ArchiveSettings {
    /// Returns the settings of a configuration; `None` if no database for history is enabled.
    pub fn of(config: &Config) -> Option<ArchiveSettings> {
        let (mysql, sqlite) = (&config.datastore.mysql, &config.datastore.sqlite);
        let (address, conns_max, conn_age_max) = if sqlite.enabled {
            let path = PathBuf::from(&sqlite.database_path);
            let address = DatabaseAddress::Sqlite { path, busy_timeout: sqlite.busy_timeout };
            (address, sqlite.max_conns, Duration::ZERO)
        } else if mysql.enabled {
            let address = DatabaseAddress::Mysql {
                host: mysql.host.clone(),
                port: mysql.port,
                socket: mysql.socket_path.as_ref().map(PathBuf::from),
                user: mysql.user.clone(),
                password: Secret::from(mysql.password.as_str()),
                database: mysql.history_database.clone(),
            };
            (address, mysql.max_conns, mysql.conn_max_lifetime)
        } else {
            return None;
        };
        let processors = || thread::available_parallelism().map_or(1, |count| count.get());
        let spool = match &config.history.persistent.spool_path {
            Some(path) => PathBuf::from(path),
            None => beside(Path::new(&config.datastore.path)),
        };
        Some(ArchiveSettings {
            address,
            conns_max: if conns_max == 0 { processors() } else { conns_max },
            conn_age_max,
            spool,
            live: LiveSettings::of(config),
        })
    }
}

/// Returns the default path of the spool: `ircd_history.spool` for the datastore `ircd.db`.
fn beside(datastore: &Path) -> PathBuf {
    let stem = datastore.file_stem().unwrap_or_default().to_string_lossy();
    datastore.with_file_name(format!("{stem}_history.spool"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_spool_is_beside_the_datastore() {
        assert_eq!(beside(Path::new("ircd.db")), Path::new("ircd_history.spool"));
        assert_eq!(beside(Path::new("/var/lib/ircd/x")), Path::new("/var/lib/ircd/x_history.spool"));
    }

    #[test]
    fn address_is_shown_without_password() {
        let mut config = Config::default();
        assert_eq!(ArchiveSettings::of(&config), None);
        config.datastore.mysql.enabled = true;
        config.datastore.mysql.user = "irc".to_owned();
        config.datastore.mysql.password = "hunter2".to_owned();
        config.datastore.mysql.history_database = "history".to_owned();
        let settings = ArchiveSettings::of(&config).unwrap();
        assert_eq!(settings.address.to_string(), "MySQL irc@localhost:3306/history");
        assert!(!format!("{settings:?}").contains("hunter2"));
        assert_eq!(settings.live.time_max, TIME_MAX);
        assert!(settings.conns_max > 0);
    }
}

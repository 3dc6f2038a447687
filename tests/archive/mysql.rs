//! Temporary databases on the server that `IRCD_TEST_MYSQL` names as `USER:PASSWORD@SOCKET`. `scripts/test`
//! starts one; these tests are ignored by default, and nextest counts them as skipped.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use ircd::archive::DatabaseAddress;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use crate::block_on;

const VARIABLE: &str = "IRCD_TEST_MYSQL";

/// A database that is deleted on drop.
pub(crate) struct TestDatabase {
    pub(crate) address: DatabaseAddress,
}

/// Returns user, password and socket of the server.
pub(crate) fn server() -> (String, String, String) {
    let text = std::env::var(VARIABLE).unwrap_or_else(|_| panic!("{VARIABLE} names no server"));
    let (login, socket) = text.split_once('@').expect("user:password@socket");
    let (user, password) = login.split_once(':').expect("user:password");
    (user.to_owned(), password.to_owned(), socket.to_owned())
}

impl TestDatabase {
    /// Returns a name for a database that does not exist yet.
    pub(crate) fn new() -> TestDatabase {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let database = format!("ircd test`{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let (user, password, socket) = server();
        TestDatabase {
            address: DatabaseAddress::Mysql {
                host: "localhost".to_owned(),
                port: 3306,
                socket: Some(socket.into()),
                user,
                password: password.as_str().into(),
                database,
            },
        }
    }

    pub(crate) fn name(&self) -> &str {
        match &self.address {
            DatabaseAddress::Mysql { database, .. } => database,
            DatabaseAddress::Sqlite { .. } => unreachable!("`new` sets MySQL"),
        }
    }

    /// Runs a statement on the server.
    pub(crate) fn say(&self, sql: &str) {
        block_on(async {
            let mut connection = connect().await;
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        });
    }

    /// Runs a query and returns its first column.
    pub(crate) fn ask(&self, sql: &str) -> Vec<String> {
        block_on(async {
            let mut connection = connect().await;
            let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(|row| row.get_unchecked(0)).collect()
        })
    }

    /// Locks the table of messages for other connections until the lock is dropped.
    pub(crate) fn lock(&self) -> Lock {
        let (locked, is_locked) = channel();
        let (unlock, unlocked) = channel::<()>();
        let sql = format!("LOCK TABLES `{}`.messages WRITE", self.name().replace('`', "``"));
        let thread = std::thread::spawn(move || {
            block_on(async {
                let mut connection = connect().await;
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
                locked.send(()).unwrap();
                // Ends with an error when the other side is dropped.
                let _ = unlocked.recv();
                connection.close().await.unwrap();
            });
        });
        is_locked.recv().unwrap();
        Lock { unlock: Some(unlock), thread: Some(thread) }
    }
}

/// A lock on a table.
pub(crate) struct Lock {
    unlock: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.unlock.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

async fn connect() -> MySqlConnection {
    let (user, password, socket) = server();
    let options = MySqlConnectOptions::new().username(&user).password(&password).socket(socket);
    options.connect().await.unwrap()
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        self.say(&format!("DROP DATABASE IF EXISTS `{}`", self.name().replace('`', "``")));
    }
}

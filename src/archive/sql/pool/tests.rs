//! A database that hangs, with this pool and with that of sqlx.

use std::path::Path;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnection, SqlitePoolOptions};

use super::*;
use crate::archive::sql::dialect::sqlite;

/// Timeout after which work is canceled.
const TIME_MAX: Duration = Duration::from_millis(200);
/// Maximum time that a statement waits for a lock in SQLite: longer than any test.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);
/// Waits for a lock that another connection has.
const HANGS: &str = "BEGIN IMMEDIATE";

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Locks a new file for writing and returns the connection that holds the lock. The file can still be read.
async fn locked(path: &Path) -> SqliteConnection {
    sqlite::create(path).unwrap();
    let mut other = sqlite::connect(path, BUSY_TIMEOUT).await.unwrap();
    sqlx::raw_sql("CREATE TABLE t (x); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")
        .execute(&mut other)
        .await
        .unwrap();
    other
}

#[test]
fn work_that_hangs_does_not_delay_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.db");
    block_on(async {
        let other = locked(&path).await;
        let live = LiveSettings {
            time_max: TIME_MAX,
            expire_time: Duration::ZERO,
            sync_interval: Duration::ZERO,
            spool_bytes_max: 0,
        };
        let address = DatabaseAddress::Sqlite { path, busy_timeout: BUSY_TIMEOUT };
        let pool = ConnectionPool::new(&address, 1, Duration::ZERO, watch::channel(live).1);
        // A connection from the pool, as in most cases.
        pool.run(async |connection| connection.run("SELECT 1").await).await.unwrap();
        let hung = pool.run(async |connection| connection.run(HANGS).await).await;
        assert!(matches!(hung, Err(Error::Unavailable(_))), "{hung:?}");
        let next = pool.run(async |connection| connection.run("SELECT x FROM t").await);
        timeout(BUSY_TIMEOUT / 4, next).await.expect("it must not wait for the previous work").unwrap();
        other.close().await.unwrap();
    });
}

/// The reason for this pool. When sqlx's pool improves, this test fails, and this pool can be removed.
#[test]
fn with_the_pool_of_sqlx_the_next_work_waits() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.db");
    block_on(async {
        let other = locked(&path).await;
        let options = sqlite::options(&path, BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        sqlx::raw_sql("SELECT 1").execute(&pool).await.unwrap();
        let hung = timeout(TIME_MAX, sqlx::raw_sql(HANGS).execute(&pool)).await;
        assert!(hung.is_err(), "{hung:?}");
        let next = timeout(TIME_MAX * 10, sqlx::raw_sql("SELECT x FROM t").execute(&pool)).await;
        assert!(next.is_err(), "{next:?}");
        other.close().await.unwrap();
    });
}

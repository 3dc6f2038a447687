//! A database that hangs, before this pool and before sqlx's.

use std::path::Path;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnection, SqlitePoolOptions};

use super::*;
use crate::archive::sql::dialect::sqlite;

/// How long someone waits for work before it is given up.
const TIME_MAX: Duration = Duration::from_millis(200);
/// How long a statement waits in SQLite for a lock: longer than any test.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);
/// Needs a lock that another has.
const HANGS: &str = "BEGIN IMMEDIATE";

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A file that another connection has locked for writing. It can still be read.
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
fn work_that_hangs_does_not_hold_up_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.db");
    block_on(async {
        let other = locked(&path).await;
        let live = Live {
            time_max: TIME_MAX,
            expire_time: Duration::ZERO,
            sync_interval: Duration::ZERO,
            spool_bytes_max: 0,
        };
        let address = DatabaseAddress::Sqlite { path, busy_timeout: BUSY_TIMEOUT };
        let pool = Pool::new(&address, 1, Duration::ZERO, watch::channel(live).1);
        // A connection that has worked before, as most have.
        pool.run(async |connection| connection.run("SELECT 1").await).await.unwrap();
        let hung = pool.run(async |connection| connection.run(HANGS).await).await;
        assert!(matches!(hung, Err(Error::Away(_))), "{hung:?}");
        let next = pool.run(async |connection| connection.run("SELECT x FROM t").await);
        timeout(BUSY_TIMEOUT / 4, next).await.expect("it must not wait for the one before").unwrap();
        other.close().await.unwrap();
    });
}

/// Why there is a pool of our own. When sqlx's does better, this fails, and ours can go.
#[test]
fn with_the_pool_of_sqlx_the_next_would_wait() {
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

//! The datastore from outside: persistence, rejected datastores, migrations.

use super::super::writer::Disk;
use super::*;
use crate::engine::Write;

fn place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ircd.db");
    (dir, path)
}

fn rejection(path: &Path) -> String {
    Store::open_or_create(path, Outdated::Reject).unwrap_err().to_string()
}

#[test]
fn the_cloak_secret_survives() {
    let (_dir, path) = place();
    let secret = Store::open_or_create(&path, Outdated::Reject).unwrap().cloak_secret().unwrap();
    for _ in 0..20 {
        let store = Store::open(&path, Outdated::Reject).unwrap();
        assert_eq!(store.cloak_secret().unwrap(), secret);
    }
}

#[test]
fn an_existing_datastore_is_not_created_again() {
    let (_dir, path) = place();
    Store::create(&path).unwrap();
    let before = Store::open(&path, Outdated::Reject).unwrap().cloak_secret().unwrap();
    assert!(matches!(Store::create(&path), Err(StoreError::Exists(_))));
    assert_eq!(Store::open(&path, Outdated::Reject).unwrap().cloak_secret().unwrap(), before);
}

#[test]
fn a_datastore_is_open_once_at_a_time() {
    let (_dir, path) = place();
    let _open = Store::open_or_create(&path, Outdated::Reject).unwrap();
    let rejected = rejection(&path);
    assert!(rejected.ends_with("ircd.db is in use by another process"), "{rejected}");
}

#[test]
fn files_of_other_programs_are_left_unchanged() {
    let (_dir, path) = place();
    fs::write(&path, "*3\r\n$3\r\nset\r\n").unwrap();
    assert!(rejection(&path).contains("is not a datastore of ircd"));
    assert_eq!(fs::read(&path).unwrap(), b"*3\r\n$3\r\nset\r\n");

    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("db"), "another program's").unwrap();
    assert!(rejection(&path).contains("is not a datastore of ircd"));
    assert_eq!(fs::read(path.join("db")).unwrap(), b"another program's");
    assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
}

#[test]
fn damage_while_stopped_is_detected_and_left_unchanged() {
    for damaged in ["db", "conf"] {
        let (_dir, path) = place();
        Store::create(&path).unwrap();
        let file = path.join(damaged);
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&file, &bytes).unwrap();
        let rejected = rejection(&path);
        assert!(rejected.contains("damaged") && rejected.contains(damaged), "{rejected}");
        assert_eq!(fs::read(&file).unwrap(), bytes);
    }
}

#[test]
fn a_datastore_recovers_from_a_crash() {
    let (_dir, path) = place();
    Store::create(&path).unwrap();
    let secret = Store::open(&path, Outdated::Reject).unwrap().cloak_secret().unwrap();
    fs::remove_file(path.join("seal")).unwrap();
    assert_eq!(Store::open(&path, Outdated::Reject).unwrap().cloak_secret().unwrap(), secret);
}

#[test]
fn a_datastore_recovers_from_a_crash_during_a_snapshot_of_sled() {
    let (_dir, path) = place();
    Store::create(&path).unwrap();
    let secret = Store::open(&path, Outdated::Reject).unwrap().cloak_secret().unwrap();
    fs::remove_file(path.join("seal")).unwrap();
    fs::write(path.join("snap.00000000FFFFFFFF.generating"), "half").unwrap();
    assert_eq!(Store::open(&path, Outdated::Reject).unwrap().cloak_secret().unwrap(), secret);
}

#[test]
fn damage_after_a_crash_is_not_made_worse() {
    let (_dir, path) = place();
    Store::create(&path).unwrap();
    let store = Store::open(&path, Outdated::Reject).unwrap();
    let mut disk = SledDatabase::new(store).unwrap();
    for number in 0..50 {
        let record = |n| (format!("test/{number}-{n}"), Some(vec![b'x'; 200]));
        disk.write(&(0..100).map(record).collect()).unwrap();
    }
    drop(disk);
    fs::remove_file(path.join("seal")).unwrap();
    let file = path.join("db");
    let mut bytes = fs::read(&file).unwrap();
    let third = bytes.len() / 3;
    bytes[third..third + 8192].fill(0xa5);
    fs::write(&file, &bytes).unwrap();

    // Damage to obsolete data may go undetected; damage that loses a record may not.
    match Store::open(&path, Outdated::Reject) {
        Ok(store) => assert_eq!(store.records().unwrap().len(), 5000),
        Err(error) => {
            let rejected = error.to_string();
            assert!(rejected.contains("ircd.db is damaged and was left unchanged"), "{rejected}");
            assert!(fs::read(&file).unwrap() == bytes);
        }
    }
    assert!(!beside(&path, "recovery").exists());
}

fn write(key: &str, value: Option<&str>) -> Write {
    Write { key: key.into(), value: value.map(Into::into) }
}

/// Copies the datastore as `kill -9` would leave it now.
fn killed(path: &Path, number: usize) -> PathBuf {
    let copy = beside(path, &format!("killed-{number}"));
    copy_directory(path, &copy).unwrap();
    copy
}

fn records(path: &Path) -> Vec<(String, Vec<u8>)> {
    Store::open(path, Outdated::Reject).unwrap().records().unwrap()
}

#[test]
fn kill_9_loses_nothing_that_was_pushed() {
    let (_dir, path) = place();
    let writer = Store::open_or_create(&path, Outdated::Reject).unwrap().into_writer().unwrap();
    assert_eq!(writer.push_soon(vec![write("test/a", Some("1")), write("test/b", Some("1"))]), None);
    let both = [("test/a".to_owned(), b"1".to_vec()), ("test/b".to_owned(), b"1".to_vec())];
    let copy = killed(&path, 1);
    assert_eq!(records(&copy), both);
    // Opening it once more has no effect.
    assert_eq!(records(&copy), both);
    // An older entry does not undo a later flush.
    let number = writer.push(vec![write("test/a", Some("2"))]);
    while writer.progress().durable < number {
        thread::yield_now();
    }
    assert_eq!(writer.push_soon(vec![write("test/b", None)]), None);
    assert_eq!(records(&killed(&path, 2)), [("test/a".to_owned(), b"2".to_vec())]);
    drop(writer);
    assert_eq!(records(&path), [("test/a".to_owned(), b"2".to_vec())]);
}

#[test]
fn a_datastore_that_stops_while_its_log_is_long_opens_again() {
    let (_dir, path) = place();
    let value = "x".repeat(1000);
    // The log must not have any file that changes after the seal was written.
    for number in [100, 600, 900, 1100, 2000] {
        let writer = Store::open_or_create(&path, Outdated::Reject).unwrap().into_writer().unwrap();
        for number in 0..number {
            writer.push(vec![write(&format!("key {number}"), Some(&value))]);
        }
        drop(writer);
    }
    assert!(Store::open(&path, Outdated::Reject).is_ok());
}

#[test]
fn the_log_does_not_undo_later_writes_of_an_older_version() {
    let (_dir, path) = place();
    let writer = Store::open_or_create(&path, Outdated::Reject).unwrap().into_writer().unwrap();
    assert_eq!(writer.push_soon(vec![write("test/a", Some("1"))]), None);
    let copy = killed(&path, 1);
    drop(writer);
    let db = read(&copy, &copy).unwrap();
    let mut batch = Batch::default();
    batch.insert("test/a", "2");
    batch.insert(keys::BATCH, &1000u64.to_be_bytes());
    db.apply_batch(batch).unwrap();
    db.flush().unwrap();
    drop(db);
    wait_for_sled(&copy).unwrap();
    assert_eq!(records(&copy), [("test/a".to_owned(), b"2".to_vec())]);
}

fn add_greeting(_: &Db) -> Result<Batch, String> {
    let mut batch = Batch::default();
    batch.insert("test/greeting", "hello");
    Ok(batch)
}

fn fail(_: &Db) -> Result<Batch, String> {
    Err("it cannot".to_owned())
}

const ADD: Migration = Migration { name: "add a greeting", run: add_greeting };
const FAIL: Migration = Migration { name: "fail", run: fail };

#[test]
fn an_older_datastore_is_copied_and_then_migrated() {
    let (_dir, path) = place();
    Store::create(&path).unwrap();
    let rejected = Store::open_with(&path, Outdated::Reject, &[ADD]).unwrap_err().to_string();
    assert!(rejected.contains("schema version 1") && rejected.contains("upgradedb"), "{rejected}");

    let store = Store::open_with(&path, Outdated::Upgrade, &[ADD]).unwrap();
    assert_eq!(store.db.get("test/greeting").unwrap().unwrap(), "hello");
    let copy = Store::open(store.backup().unwrap(), Outdated::Reject).unwrap();
    assert_eq!(copy.db.get("test/greeting").unwrap(), None);
    assert_eq!(copy.cloak_secret().unwrap(), store.cloak_secret().unwrap());
    drop(store);

    let again = Store::open_with(&path, Outdated::Reject, &[ADD]).unwrap();
    assert_eq!(again.backup(), None);
    drop(again);
    let rejected = rejection(&path);
    assert!(rejected.contains("schema version 2") && rejected.contains("newer"), "{rejected}");
}

#[test]
fn a_failed_migration_leaves_the_last_good_version() {
    let (_dir, path) = place();
    Store::create(&path).unwrap();
    let failed = Store::open_with(&path, Outdated::Upgrade, &[ADD, FAIL]).unwrap_err().to_string();
    assert_eq!(failed, "datastore migration \"fail\" failed: it cannot");
    let store = Store::open_with(&path, Outdated::Reject, &[ADD]).unwrap();
    assert_eq!(store.db.get("test/greeting").unwrap().unwrap(), "hello");
}

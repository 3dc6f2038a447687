//! The writer over a disk that a test opens and shuts.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// Says what it is to write, then waits for leave.
struct Gate {
    asked: Sender<Batch>,
    leave: Receiver<Result<(), String>>,
}

impl Disk for Gate {
    fn write(&mut self, batch: &Batch) -> Result<(), String> {
        self.asked.send(batch.clone()).unwrap();
        self.leave.recv().unwrap_or(Ok(()))
    }

    fn has_room(&mut self) -> bool {
        true
    }

    fn export(&mut self) -> Result<Export, String> {
        Ok(Export { schema: 1, cloak_secret: "s".into(), records: Vec::new() })
    }
}

fn gate() -> (Writer, Receiver<Batch>, Sender<Result<(), String>>) {
    let (asked, batches) = channel();
    let (open, leave) = channel();
    (Writer::start(Gate { asked, leave }).unwrap(), batches, open)
}

fn set(key: &str, value: &str) -> Write {
    Write { key: key.into(), value: Some(value.into()) }
}

fn batch(entries: &[(&str, Option<&str>)]) -> Batch {
    entries.iter().map(|(key, value)| ((*key).into(), value.map(Into::into))).collect()
}

/// Waits until something changes from `seen`.
fn next(writer: &Writer, seen: &Progress) -> Progress {
    loop {
        let progress = writer.progress();
        if progress != *seen {
            return progress;
        }
        thread::yield_now();
    }
}

#[test]
fn what_waits_goes_as_one_batch_and_the_last_write_of_a_key_counts() {
    let (writer, batches, open) = gate();
    assert_eq!(writer.push(vec![set("a", "1")]), 1);
    assert_eq!(batches.recv().unwrap(), batch(&[("a", Some("1"))]));
    let seen = writer.progress();
    assert_eq!(seen.durable, 0);
    writer.push(vec![set("a", "2"), set("b", "1")]);
    writer.push(vec![set("c", "1"), Write { key: "b".into(), value: None }]);
    assert_eq!(writer.push(vec![set("a", "3")]), 4);
    open.send(Ok(())).unwrap();
    assert_eq!(next(&writer, &seen).durable, 1);
    assert_eq!(batches.recv().unwrap(), batch(&[("a", Some("3")), ("b", None), ("c", Some("1"))]));
    let seen = writer.progress();
    open.send(Ok(())).unwrap();
    assert_eq!(next(&writer, &seen).durable, 4);
}

#[test]
fn a_push_without_writes_is_durable_like_any_other() {
    let (writer, _batches, open) = gate();
    let seen = writer.progress();
    assert_eq!(writer.push(vec![]), 1);
    open.send(Ok(())).unwrap();
    assert_eq!(next(&writer, &seen).durable, 1);
}

#[test]
fn it_is_full_by_bytes_and_writes_of_one_key_count_once() {
    let (writer, batches, open) = gate();
    writer.push(vec![set("first", "")]);
    batches.recv().unwrap();
    let big = "x".repeat(QUEUE_BYTES_MAX - 1000);
    for _ in 0..10 {
        writer.push(vec![set("big", &big)]);
    }
    assert!(!writer.progress().full);
    writer.push(vec![set("more", &big)]);
    let seen = writer.progress();
    assert!(seen.full);
    open.send(Ok(())).unwrap();
    batches.recv().unwrap();
    assert!(!writer.progress().full);
}

#[test]
fn dropped_it_first_writes_what_waits() {
    let (writer, batches, open) = gate();
    writer.push(vec![set("a", "1")]);
    batches.recv().unwrap();
    writer.push(vec![set("b", "1")]);
    drop(open);
    drop(writer);
    assert_eq!(batches.recv().unwrap(), batch(&[("b", Some("1"))]));
    assert!(batches.recv().is_err());
}

#[test]
fn after_a_failure_nothing_is_written_and_nothing_hangs() {
    let (writer, batches, open) = gate();
    let seen = writer.progress();
    writer.push(vec![set("a", "1")]);
    open.send(Err("broken".into())).unwrap();
    let progress = next(&writer, &seen);
    assert_eq!((progress.durable, progress.failed), (0, Some("broken".to_owned())));
    writer.push(vec![set("b", "1")]);
    assert!(writer.reader().export().is_err());
    batches.recv().unwrap();
    assert!(batches.recv().is_err());
}

#[test]
fn reading_goes_through_the_writer() {
    let (writer, ..) = gate();
    assert_eq!(writer.reader().export().unwrap().cloak_secret, "s");
}

/// A writer with a log, and the directory in which the log is.
fn logged() -> (Writer, Receiver<Batch>, Sender<Result<(), String>>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let (asked, batches) = channel();
    let (open, leave) = channel();
    let wal = Wal::open(directory.path(), None).unwrap().0;
    (Writer::with_wal(Gate { asked, leave }, Some(wal)).unwrap(), batches, open, directory)
}

/// What the log holds behind a position.
fn log_behind(directory: &tempfile::TempDir, position: u64) -> Batch {
    Wal::open(directory.path(), Some(position)).unwrap().1
}

/// The position in a batch, and the batch without it.
fn uncover(mut batch: Batch) -> (u64, Batch) {
    let position = batch.remove(keys::WAL).unwrap().unwrap();
    (u64::from_be_bytes(position.try_into().unwrap()), batch)
}

#[test]
fn a_push_that_need_not_be_durable_is_in_the_log_when_it_returns() {
    let (writer, batches, open, directory) = logged();
    assert_eq!(writer.push_soon(vec![set("a", "1")]), None);
    assert_eq!(log_behind(&directory, 0), batch(&[("a", Some("1"))]));
    assert_eq!(writer.push_soon(vec![set("a", "2")]), None);
    // Without anyone who waits, both go to the disk together, after a while.
    let (position, written) = uncover(batches.recv().unwrap());
    assert_eq!(written, batch(&[("a", Some("2"))]));
    assert!(log_behind(&directory, position).is_empty());
    let seen = writer.progress();
    open.send(Ok(())).unwrap();
    assert_eq!(next(&writer, &seen).durable, 2);
}

#[test]
fn a_push_that_must_be_durable_takes_the_others_along() {
    let (writer, batches, _open, directory) = logged();
    assert_eq!(writer.push_soon(vec![set("a", "1")]), None);
    assert_eq!(writer.push(vec![set("b", "1")]), 2);
    let (_, written) = uncover(batches.recv().unwrap());
    assert_eq!(written, batch(&[("a", Some("1")), ("b", Some("1"))]));
    // What comes meanwhile is behind the position of that batch.
    assert_eq!(writer.push_soon(vec![Write { key: "b".into(), value: None }]), None);
    assert_eq!(log_behind(&directory, 0), batch(&[("a", Some("1")), ("b", None)]));
}

#[test]
fn a_copy_has_what_is_only_in_the_log() {
    let (writer, batches, open, _directory) = logged();
    assert_eq!(writer.push_soon(vec![set("a", "1")]), None);
    let reader = writer.reader();
    let reading = thread::spawn(move || reader.export());
    assert_eq!(uncover(batches.recv().unwrap()).1, batch(&[("a", Some("1"))]));
    open.send(Ok(())).unwrap();
    assert!(reading.join().unwrap().is_ok());
}

#[test]
fn a_long_log_asks_for_patience_until_the_disk_has_it() {
    let (writer, batches, open, _directory) = logged();
    let big = "x".repeat(1 << 20);
    while !writer.progress().full {
        assert_eq!(writer.push_soon(vec![set("big", &big)]), None);
    }
    let (position, _) = uncover(batches.recv().unwrap());
    assert!(position <= WAL_BYTES_MAX + (2 << 20), "{position}");
    let seen = writer.progress();
    open.send(Ok(())).unwrap();
    assert!(!next(&writer, &seen).full);
}

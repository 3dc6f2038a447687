//! The writer with a disk that a test controls.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// A disk that reports each batch, and then waits for its result.
struct Gate {
    asked: Sender<Batch>,
    results: Receiver<Result<(), String>>,
}

impl Disk for Gate {
    fn write(&mut self, batch: &Batch) -> Result<(), String> {
        self.asked.send(batch.clone()).unwrap();
        self.results.recv().unwrap_or(Ok(()))
    }

    fn has_room(&mut self) -> bool {
        true
    }

    fn export(&mut self) -> Result<Export, String> {
        Ok(Export { schema: 1, cloak_secret: "s".into(), records: Vec::new() })
    }
}

fn gate() -> (StoreWriter, Receiver<Batch>, Sender<Result<(), String>>) {
    let (asked, batches) = channel();
    let (open, results) = channel();
    (StoreWriter::start(Gate { asked, results }).unwrap(), batches, open)
}

fn set(key: &str, value: &str) -> Write {
    Write { key: key.into(), value: Some(value.into()) }
}

fn batch(entries: &[(&str, Option<&str>)]) -> Batch {
    entries.iter().map(|(key, value)| ((*key).into(), value.map(Into::into))).collect()
}

/// Waits until the progress differs from `seen`.
fn next(writer: &StoreWriter, seen: &Progress) -> Progress {
    loop {
        let progress = writer.progress();
        if progress != *seen {
            return progress;
        }
        thread::yield_now();
    }
}

#[test]
fn waiting_writes_become_one_batch_with_the_last_write_of_each_key() {
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
fn the_queue_is_limited_in_bytes_and_writes_of_one_key_count_once() {
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
fn a_dropped_writer_first_writes_everything_that_waits() {
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
fn exports_go_through_the_writer() {
    let (writer, ..) = gate();
    assert_eq!(writer.reader().export().unwrap().cloak_secret, "s");
}

/// Returns a writer with a log, and the directory of the log.
fn logged() -> (StoreWriter, Receiver<Batch>, Sender<Result<(), String>>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let (asked, batches) = channel();
    let (open, results) = channel();
    let wal = Wal::open(directory.path(), None).unwrap().0;
    (StoreWriter::with_wal(Gate { asked, results }, Some(wal)).unwrap(), batches, open, directory)
}

/// Returns the writes in the log after a position.
fn log_after(directory: &tempfile::TempDir, position: u64) -> Batch {
    Wal::open(directory.path(), Some(position)).unwrap().1
}

/// Returns the position in a batch, and the batch without it.
fn uncover(mut batch: Batch) -> (u64, Batch) {
    let position = batch.remove(keys::WAL).unwrap().unwrap();
    (u64::from_be_bytes(position.try_into().unwrap()), batch)
}

#[test]
fn a_push_that_need_not_be_durable_is_in_the_log_when_it_returns() {
    let (writer, batches, open, directory) = logged();
    assert_eq!(writer.push_soon(vec![set("a", "1")]), None);
    assert_eq!(log_after(&directory, 0), batch(&[("a", Some("1"))]));
    assert_eq!(writer.push_soon(vec![set("a", "2")]), None);
    // If no client waits, both are written together, after a while.
    let (position, written) = uncover(batches.recv().unwrap());
    assert_eq!(written, batch(&[("a", Some("2"))]));
    assert!(log_after(&directory, position).is_empty());
    let seen = writer.progress();
    open.send(Ok(())).unwrap();
    assert_eq!(next(&writer, &seen).durable, 2);
}

#[test]
fn a_push_that_must_be_durable_includes_earlier_ones() {
    let (writer, batches, _open, directory) = logged();
    assert_eq!(writer.push_soon(vec![set("a", "1")]), None);
    assert_eq!(writer.push(vec![set("b", "1")]), 2);
    let (_, written) = uncover(batches.recv().unwrap());
    assert_eq!(written, batch(&[("a", Some("1")), ("b", Some("1"))]));
    // Later pushes are after the position of that batch.
    assert_eq!(writer.push_soon(vec![Write { key: "b".into(), value: None }]), None);
    assert_eq!(log_after(&directory, 0), batch(&[("a", Some("1")), ("b", None)]));
}

#[test]
fn an_export_includes_writes_that_are_only_in_the_log() {
    let (writer, batches, open, _directory) = logged();
    assert_eq!(writer.push_soon(vec![set("a", "1")]), None);
    let reader = writer.reader();
    let reading = thread::spawn(move || reader.export());
    assert_eq!(uncover(batches.recv().unwrap()).1, batch(&[("a", Some("1"))]));
    open.send(Ok(())).unwrap();
    assert!(reading.join().unwrap().is_ok());
}

#[test]
fn the_queue_is_full_while_the_log_is_too_long() {
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

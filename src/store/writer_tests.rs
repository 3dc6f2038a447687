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
    assert_eq!(writer.push([set("a", "1")]), 1);
    assert_eq!(batches.recv().unwrap(), batch(&[("a", Some("1"))]));
    let seen = writer.progress();
    assert_eq!(seen.durable, 0);
    writer.push([set("a", "2"), set("b", "1")]);
    writer.push([set("c", "1"), Write { key: "b".into(), value: None }]);
    assert_eq!(writer.push([set("a", "3")]), 4);
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
    assert_eq!(writer.push([]), 1);
    open.send(Ok(())).unwrap();
    assert_eq!(next(&writer, &seen).durable, 1);
}

#[test]
fn it_is_full_by_bytes_and_writes_of_one_key_count_once() {
    let (writer, batches, open) = gate();
    writer.push([set("first", "")]);
    batches.recv().unwrap();
    let big = "x".repeat(QUEUE_BYTES_MAX - 1000);
    for _ in 0..10 {
        writer.push([set("big", &big)]);
    }
    assert!(!writer.progress().full);
    writer.push([set("more", &big)]);
    let seen = writer.progress();
    assert!(seen.full);
    open.send(Ok(())).unwrap();
    batches.recv().unwrap();
    assert!(!writer.progress().full);
}

#[test]
fn dropped_it_first_writes_what_waits() {
    let (writer, batches, open) = gate();
    writer.push([set("a", "1")]);
    batches.recv().unwrap();
    writer.push([set("b", "1")]);
    drop(open);
    drop(writer);
    assert_eq!(batches.recv().unwrap(), batch(&[("b", Some("1"))]));
    assert!(batches.recv().is_err());
}

#[test]
fn after_a_failure_nothing_is_written_and_nothing_hangs() {
    let (writer, batches, open) = gate();
    let seen = writer.progress();
    writer.push([set("a", "1")]);
    open.send(Err("broken".into())).unwrap();
    let progress = next(&writer, &seen);
    assert_eq!((progress.durable, progress.failed), (0, Some("broken".to_owned())));
    writer.push([set("b", "1")]);
    assert!(writer.reader().export().is_err());
    batches.recv().unwrap();
    assert!(batches.recv().is_err());
}

#[test]
fn reading_goes_through_the_writer() {
    let (writer, ..) = gate();
    assert_eq!(writer.reader().export().unwrap().cloak_secret, "s");
}

//! The spool on a real disk, cut short and damaged in every way that matters.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::*;
use crate::history::Record;

/// A record that can be told from others.
fn record(number: u64) -> Record {
    Record::Forget { account: format!("account-{number}").into() }
}

fn append(log: &mut Log, numbers: std::ops::Range<u64>) {
    let mut frames = Vec::new();
    numbers.for_each(|number| assert!(Log::encode(&mut frames, &record(number))));
    log.append(&frames).unwrap();
}

fn read_all(dir: &Path, from: u64, end: u64) -> Vec<Record> {
    let mut reader = Reader::new(dir, from);
    let mut all = Vec::new();
    while reader.position() < end {
        all.extend(reader.read(end).unwrap());
    }
    assert!(reader.read(end).unwrap().is_empty());
    all
}

fn records(numbers: impl IntoIterator<Item = u64>) -> Vec<Record> {
    numbers.into_iter().map(record).collect()
}

#[test]
fn it_is_read_in_order_over_files_and_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut log = Log::open(dir, 0).unwrap();
    append(&mut log, 0..1000);
    let middle = log.end();
    drop(log);
    let mut log = Log::open(dir, 0).unwrap();
    assert_eq!(log.end(), middle);
    let big = Record::Forget { account: "x".repeat(SEGMENT_BYTES_MAX as usize).into() };
    let mut frames = Vec::new();
    assert!(Log::encode(&mut frames, &big));
    log.append(&frames).unwrap();
    append(&mut log, 1000..1500);
    assert_eq!(segments(dir).unwrap().len(), 2);
    let mut expected = records(0..1000);
    expected.push(big);
    expected.extend(records(1000..1500));
    assert_eq!(read_all(dir, 0, log.end()), expected);
    assert_eq!(read_all(dir, middle, log.end()), expected[1000..]);
    remove_before(dir, middle).unwrap();
    assert_eq!(segments(dir).unwrap().len(), 2);
    remove_before(dir, log.end()).unwrap();
    assert_eq!(segments(dir).unwrap().len(), 1);
}

#[test]
fn a_record_that_is_too_long_is_refused() {
    let mut frames = Vec::new();
    let long = Record::Forget { account: "x".repeat(frame::CONTENT_BYTES_MAX).into() };
    assert!(!Log::encode(&mut frames, &long) && frames.is_empty());
}

#[test]
fn a_torn_end_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut log = Log::open(dir, 0).unwrap();
    append(&mut log, 0..10);
    let whole = log.end();
    append(&mut log, 10..11);
    let end = log.end();
    drop(log);
    for cut in whole..end {
        File::options().write(true).open(segment_path(dir, 0)).unwrap().set_len(cut).unwrap();
        let mut log = Log::open(dir, 0).unwrap();
        assert_eq!(log.end(), whole);
        append(&mut log, 20..21);
        assert_eq!(read_all(dir, 0, log.end()), records((0..10).chain(20..21)));
    }
    assert!(fs::read_dir(dir).unwrap().count() == 1);
}

#[test]
fn damage_is_skipped_to_the_next_file_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut log = Log::open(dir, 0).unwrap();
    append(&mut log, 0..10);
    let damaged_at = log.end();
    append(&mut log, 10..20);
    let end = log.end();
    drop(log);
    let path = segment_path(dir, 0);
    File::options().write(true).open(&path).unwrap().write_all_at(b"?", damaged_at + 12).unwrap();
    let before = fs::read(&path).unwrap();
    // At start, in the last file.
    let mut log = Log::open(dir, 0).unwrap();
    assert_eq!(log.end(), end);
    append(&mut log, 30..40);
    assert_eq!(read_all(dir, 0, log.end()), records((0..10).chain(30..40)));
    assert_eq!(fs::read(path.with_extension("log.damaged")).unwrap(), before);
    // While it is read, in one before.
    let frames_at = fs::read(&path).unwrap().len() as u64 / 2;
    File::options().write(true).open(&path).unwrap().write_all_at(&[0xff; 40], frames_at).unwrap();
    let read = read_all(dir, 0, log.end());
    assert!(read.len() > 10 && read.len() < 20, "{read:?}");
    assert!(read.ends_with(&records(30..40)) && read.starts_with(&records(0..2)));
}

#[test]
fn positions_do_not_go_back_when_the_mark_is_ahead() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut log = Log::open(dir, 0).unwrap();
    append(&mut log, 0..10);
    let mut mark = Mark::open(dir).unwrap();
    mark.rise(log.end()).unwrap();
    drop(log);
    // The disk forgot what the database has.
    File::options().write(true).open(segment_path(dir, 0)).unwrap().set_len(0).unwrap();
    let mark = Mark::open(dir).unwrap().position();
    let mut log = Log::open(dir, mark).unwrap();
    assert_eq!(log.end(), mark);
    append(&mut log, 10..12);
    assert_eq!(read_all(dir, mark, log.end()), records(10..12));
}

#[test]
fn a_mark_that_cannot_be_read_is_behind() {
    let dir = tempfile::tempdir().unwrap();
    let mut mark = Mark::open(dir.path()).unwrap();
    assert_eq!(mark.position(), 0);
    mark.rise(77).unwrap();
    assert_eq!(Mark::open(dir.path()).unwrap().position(), 77);
    fs::write(dir.path().join("mark"), b"123456789012").unwrap();
    assert_eq!(Mark::open(dir.path()).unwrap().position(), 0);
}

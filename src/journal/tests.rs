//! Journals on a real disk, truncated and damaged in every way that matters.

use std::ops::Range;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::sync::Arc;

use super::spare::Spare;
use super::*;

const SEGMENT_BYTES: u64 = 64 << 10;

fn open(dir: &Path, floor: u64) -> Log {
    Log::open(dir, floor, SEGMENT_BYTES, |_| {}).unwrap().0
}

/// Returns an entry that differs from those with other numbers.
fn entry(number: u64) -> Vec<u8> {
    format!("entry {number}").into_bytes()
}

fn entries(numbers: impl IntoIterator<Item = u64>) -> Vec<Vec<u8>> {
    numbers.into_iter().map(entry).collect()
}

fn append(log: &mut Log, entries: impl IntoIterator<Item = Vec<u8>>) {
    let mut frames = Frames::default();
    entries.into_iter().for_each(|entry| assert!(frames.add(|out| out.extend(entry))));
    log.append(&frames).unwrap();
}

/// Returns all entries between two positions, and whether some were damaged.
fn read_all(dir: &Path, from: u64, end: u64) -> (Vec<Vec<u8>>, bool) {
    let mut reader = JournalReader::new(dir, from);
    let (mut all, mut is_damaged) = (Vec::new(), false);
    while reader.position() < end {
        let damage = reader.read(end, |content| all.push(content.to_vec())).unwrap();
        is_damaged |= damage.is_some();
    }
    assert_eq!(reader.position(), end);
    (all, is_damaged)
}

fn sound(entries: Vec<Vec<u8>>) -> (Vec<Vec<u8>>, bool) {
    (entries, false)
}

fn file(dir: &Path, first: u64) -> File {
    File::options().read(true).write(true).open(segment_path(dir, first)).unwrap()
}

fn numbers(range: Range<u64>) -> Vec<Vec<u8>> {
    entries(range)
}

#[test]
fn entries_are_read_in_order_across_segments_and_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut log = open(dir, 0);
    append(&mut log, numbers(0..1000));
    let middle = log.end();
    drop(log);
    let mut log = open(dir, 0);
    assert_eq!(log.end(), middle);
    // Longer than a segment, and than a single read.
    let big = vec![b'x'; 1 << 20];
    append(&mut log, [big.clone()]);
    append(&mut log, numbers(1000..1500));
    assert_eq!(segments(dir).unwrap().len(), 2);
    let expected = [numbers(0..1000), vec![big], numbers(1000..1500)].concat();
    assert_eq!(read_all(dir, 0, log.end()), sound(expected.clone()));
    assert_eq!(read_all(dir, middle, log.end()), sound(expected[1000..].to_vec()));
    log.syncer().sync().unwrap();
    trim(dir, middle).unwrap();
    assert_eq!(segments(dir).unwrap().len(), 2);
    trim(dir, log.end()).unwrap();
    assert_eq!(segments(dir).unwrap().len(), 1);
    assert_eq!(read_all(dir, log.end(), log.end()), sound(Vec::new()));
}

#[test]
fn opening_shows_the_entries_of_the_last_segment() {
    let dir = tempfile::tempdir().unwrap();
    append(&mut open(dir.path(), 0), numbers(0..5));
    let mut shown = Vec::new();
    Log::open(dir.path(), 0, SEGMENT_BYTES, |content| shown.push(content.to_vec())).unwrap();
    assert_eq!(shown, numbers(0..5));
}

#[test]
fn a_reader_follows_the_writer() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path(), 0);
    let mut reader = JournalReader::new(dir.path(), 0);
    let mut seen = Vec::new();
    for number in 0..20_000 {
        append(&mut log, [entry(number)]);
        if number % 7 == 0 {
            while reader.position() < log.end() {
                reader.read(log.end(), |content| seen.push(content.to_vec())).unwrap();
            }
            assert_eq!(seen.len() as u64, number + 1);
            trim(dir.path(), reader.position()).unwrap();
        }
    }
    assert!(seen == numbers(0..seen.len() as u64) && segments(dir.path()).unwrap().len() <= 2);
}

#[test]
fn a_segment_of_zeros_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut log = open(dir, 0);
    log.prepare_segments();
    let mut reader = JournalReader::new(dir, 0);
    let mut seen = Vec::new();
    for number in 0..20_000 {
        append(&mut log, [entry(number)]);
        while log.spare.as_ref().is_some_and(Spare::is_busy) {
            std::thread::yield_now();
        }
        if number % 500 == 0 {
            while reader.position() < log.end() {
                reader.read(log.end(), |content| seen.push(content.to_vec())).unwrap();
            }
        }
    }
    let end = log.end();
    assert_eq!(seen, numbers(0..19_501));
    assert_eq!(read_all(dir, 0, end), sound(numbers(0..20_000)));
    let all = segments(dir).unwrap();
    let len = |first: u64| fs::metadata(segment_path(dir, first)).unwrap().len();
    assert!(all.windows(2).all(|pair| len(pair[0]) == pair[1] - pair[0]), "complete segments are not cut");
    let last = all[all.len() - 1];
    assert!(all.len() > 4 && len(last) > end - last, "the last segment was not prepared");
    // As after `kill -9`: the zeros are neither entries nor damage.
    std::mem::forget(log);
    fs::write(dir.join("next"), "left behind").unwrap();
    let (mut log, damage) = Log::open(dir, 0, SEGMENT_BYTES, |_| {}).unwrap();
    log.prepare_segments();
    assert_eq!((log.end(), damage, len(last)), (end, None, end - last));
    append(&mut log, numbers(20_000..20_010));
    assert_eq!(read_all(dir, 0, log.end()), sound(numbers(0..20_010)));
    drop(log);
    assert!(!dir.join("next").exists());
}

#[test]
fn a_torn_end_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut log = open(dir, 0);
    append(&mut log, numbers(0..10));
    let whole = log.end();
    append(&mut log, numbers(10..11));
    let end = log.end();
    drop(log);
    for cut in whole..end {
        file(dir, 0).set_len(cut).unwrap();
        let mut log = open(dir, 0);
        assert_eq!(log.end(), whole);
        append(&mut log, numbers(20..21));
        assert_eq!(read_all(dir, 0, log.end()), sound(entries((0..10).chain(20..21))));
    }
    assert_eq!(fs::read_dir(dir).unwrap().count(), 1);
}

#[test]
fn damage_is_skipped_to_the_next_segment_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut log = open(dir, 0);
    append(&mut log, numbers(0..10));
    let damaged_at = log.end();
    append(&mut log, numbers(10..20));
    let end = log.end();
    drop(log);
    let path = segment_path(dir, 0);
    file(dir, 0).write_all_at(b"?", damaged_at + 12).unwrap();
    let before = fs::read(&path).unwrap();
    // At startup, in the last segment.
    let (mut log, damage) = Log::open(dir, 0, SEGMENT_BYTES, |_| {}).unwrap();
    let damage = damage.unwrap();
    assert_eq!((&damage.path, damage.at), (&path, damaged_at));
    assert_eq!(log.end(), end);
    append(&mut log, numbers(30..40));
    assert_eq!(read_all(dir, 0, log.end()), sound(entries((0..10).chain(30..40))));
    assert_eq!(fs::read(damage.copy).unwrap(), before);
    // While reading, in an earlier segment.
    let frames_at = fs::read(&path).unwrap().len() as u64 / 2;
    file(dir, 0).write_all_at(&[0xff; 40], frames_at).unwrap();
    let (read, is_damaged) = read_all(dir, 0, log.end());
    assert!(is_damaged && read.len() > 10 && read.len() < 20, "{read:?}");
    assert!(read.ends_with(&numbers(30..40)) && read.starts_with(&numbers(0..2)));
}

#[test]
fn positions_do_not_go_back_when_the_floor_is_ahead() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut log = open(dir, 0);
    append(&mut log, numbers(0..10));
    let floor = log.end();
    drop(log);
    // The disk lost entries that the reader already has.
    file(dir, 0).set_len(0).unwrap();
    let mut log = open(dir, floor);
    assert_eq!(log.end(), floor);
    append(&mut log, numbers(10..12));
    assert_eq!(read_all(dir, floor, log.end()), sound(numbers(10..12)));
}

#[test]
fn a_failed_append_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut log = open(dir, 0);
    append(&mut log, numbers(0..3));
    // On a full disk, some frames can be written before the error.
    let mut frames = Frames::default();
    numbers(3..6).into_iter().for_each(|entry| assert!(frames.add(|out| out.extend(entry))));
    file(dir, 0).write_all_at(frames.as_bytes(), log.end()).unwrap();
    log.is_torn = true;
    append(&mut log, numbers(7..8));
    let end = log.end();
    assert_eq!(read_all(dir, 0, end), sound(entries((0..3).chain(7..8))));
    drop(log);
    let (log, damage) = Log::open(dir, 0, SEGMENT_BYTES, |_| {}).unwrap();
    assert_eq!((log.end(), damage), (end, None));
}

#[test]
fn an_append_fails_on_a_full_disk_and_can_be_retried() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path(), 0);
    append(&mut log, numbers(0..3));
    let end = log.end();
    let full = Arc::new(File::options().write(true).open("/dev/full").unwrap());
    let (file, syncer) = (std::mem::replace(&mut log.file, full), log.syncer());
    let mut frames = Frames::default();
    assert!(frames.add(|out| out.extend(entry(3))));
    assert_eq!(log.append(&frames).unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(log.end(), end);
    (log.file, log.is_torn) = (file, false);
    log.append(&frames).unwrap();
    syncer.sync().unwrap();
    assert_eq!(read_all(dir.path(), 0, log.end()), sound(numbers(0..4)));
}

#[test]
fn files_are_readable_by_their_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("journal");
    create_dir(&dir).unwrap();
    append(&mut open(&dir, 0), numbers(0..1));
    JournalMark::open(&dir).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for entry in fs::read_dir(&dir).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn a_damaged_mark_is_at_zero() {
    let dir = tempfile::tempdir().unwrap();
    let mut mark = JournalMark::open(dir.path()).unwrap();
    assert_eq!(mark.position(), 0);
    mark.advance(77).unwrap();
    assert_eq!(JournalMark::open(dir.path()).unwrap().position(), 77);
    fs::write(dir.path().join("mark"), b"123456789012").unwrap();
    assert_eq!(JournalMark::open(dir.path()).unwrap().position(), 0);
}

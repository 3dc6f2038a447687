//! Tests of records in a spool.

use super::*;

#[test]
fn records_are_read_back_and_unknown_ones_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, latest) = open(dir.path(), 0).unwrap();
    assert_eq!(latest, None);
    let record = |number| Record::Forget { account: format!("account-{number}").into() };
    let mut frames = Frames::default();
    assert_eq!(encode(&mut frames, &mut [record(1), record(2)].iter()), 0);
    assert!(frames.add(|out| out.extend([99, 1, 2])));
    // Earlier versions wrote each record into a frame of its own.
    assert!(frames.add(|out| out.extend([&[3, 9, 0, 0, 0][..], b"account-3"].concat())));
    assert_eq!(encode(&mut frames, &mut [record(4)].iter()), 0);
    log.append(&frames).unwrap();
    let mut reader = JournalReader::new(dir.path(), 0);
    assert_eq!(read(&mut reader, log.end()).unwrap(), [1, 2, 3, 4].map(record));
    assert!(read(&mut reader, log.end()).unwrap().is_empty());
}

#[test]
fn many_records_are_spread_over_frames() {
    let record = |number: usize| Record::Forget { account: format!("{number:04}").repeat(250).into() };
    let records: Vec<Record> = (0..300).map(record).collect();
    let (mut frames, mut waiting) = (Frames::default(), records.iter().peekable());
    let mut count = 0;
    while waiting.peek().is_some() {
        assert_eq!(encode(&mut frames, &mut waiting), 0);
        count += 1;
    }
    assert_eq!(count, 5);
    let dir = tempfile::tempdir().unwrap();
    let (mut log, _) = open(dir.path(), 0).unwrap();
    log.append(&frames).unwrap();
    let mut reader = JournalReader::new(dir.path(), 0);
    assert_eq!(read(&mut reader, log.end()).unwrap(), records);
}

#[test]
fn a_record_that_is_too_long_is_left_out() {
    let (mut frames, dir) = (Frames::default(), tempfile::tempdir().unwrap());
    let record = |account: &str| Record::Forget { account: account.into() };
    let long = "x".repeat(codec::RECORD_BYTES_MAX);
    let records = ["a", &long, "b"].map(record);
    assert_eq!(encode(&mut frames, &mut records.iter()), 1);
    let (mut log, _) = open(dir.path(), 0).unwrap();
    log.append(&frames).unwrap();
    let mut reader = JournalReader::new(dir.path(), 0);
    assert_eq!(read(&mut reader, log.end()).unwrap(), ["a", "b"].map(record));
}

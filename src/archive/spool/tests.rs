//! Tests of records in a spool.

use super::*;

#[test]
fn records_are_read_back_and_unknown_ones_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, latest) = open(dir.path(), 0).unwrap();
    assert_eq!(latest, None);
    let record = |number| Record::Forget { account: format!("account-{number}").into() };
    let mut frames = Frames::default();
    assert!(encode(&mut frames, &record(1)));
    assert!(frames.add(|out| out.extend([99, 1, 2])));
    assert!(encode(&mut frames, &record(2)));
    log.append(&frames).unwrap();
    let mut reader = JournalReader::new(dir.path(), 0);
    assert_eq!(read(&mut reader, log.end()).unwrap(), [record(1), record(2)]);
    assert!(read(&mut reader, log.end()).unwrap().is_empty());
}

#[test]
fn a_record_that_is_too_long_is_rejected() {
    let mut frames = Frames::default();
    let account = "x".repeat(journal::frame::CONTENT_BYTES_MAX).into();
    assert!(!encode(&mut frames, &Record::Forget { account }) && frames.is_empty());
}

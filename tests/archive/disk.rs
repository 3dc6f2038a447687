//! The disk of the spool: its contents after `kill -9`, and its failures.

use std::time::{Duration, Instant};

use ircd::archive::ArchiveSettings;
use ircd::engine::{JobAnswer, Ticket};

use crate::contract::{channel, id, keep};
use crate::pipeline::{Mood, PATIENCE, Recorder, page, push, settings, with_recorder};

/// Copies the spool as `kill -9` would leave it now.
fn killed(settings: &ArchiveSettings) -> ArchiveSettings {
    let mut copy = settings.clone();
    copy.spool = settings.spool.with_extension("killed");
    std::fs::create_dir(&copy.spool).unwrap();
    for file in std::fs::read_dir(&settings.spool).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.spool.join(file.file_name())).unwrap();
    }
    copy
}

#[test]
fn kill_9_loses_nothing_that_was_pushed() {
    let directory = tempfile::tempdir().unwrap();
    let (recorder, settings) = (Recorder::default(), settings(directory.path()));
    recorder.set(Mood::Away);
    let (archive, _answers) = with_recorder(settings.clone(), &recorder);
    (1..=50).for_each(|ms| push(&archive, ms));
    let again = Recorder::default();
    let (_archive, _answers) = with_recorder(killed(&settings), &again);
    assert_eq!(again.wait_for(50), (1..=50).collect::<Vec<u64>>());
}

#[test]
fn a_disk_that_fails_delays_no_push_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (recorder, settings) = (Recorder::default(), settings(directory.path()));
    recorder.set(Mood::Away);
    let (archive, answers) = with_recorder(settings.clone(), &recorder);
    // Fills a segment of the spool: the next push needs a new one, which cannot be created while the
    // directory is missing.
    (1..=9).for_each(|ms| {
        archive.push(&[keep(&channel("#c"), id(ms), &"x".repeat(1 << 20))]);
    });
    let aside = settings.spool.with_extension("aside");
    std::fs::rename(&settings.spool, &aside).unwrap();
    let begun = Instant::now();
    (10..=30).for_each(|ms| push(&archive, ms));
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    // A query fails while the records before it are not in the spool.
    assert!(archive.ask(Ticket(7), page(&channel("#c"))));
    assert_eq!(answers.recv_timeout(PATIENCE).unwrap(), (Ticket(7), JobAnswer::Failed));
    recorder.set(Mood::Well);
    std::fs::rename(&aside, &settings.spool).unwrap();
    assert_eq!(recorder.wait_for(30), (1..=30).collect::<Vec<u64>>());
    push(&archive, 31);
    assert_eq!(recorder.wait_for(31).last(), Some(&31));
}

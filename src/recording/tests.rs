//! Recordings are read back, torn ones up to the last whole frame.

use std::path::Path;

use super::*;
use crate::config::{Document, load};
use crate::engine::stored::{StoredForm, digest};
use crate::engine::{Effects, Engine, Event, Now, Seed, Texts};

const CONFIG: &str = "{network: {name: N}, server: {name: irc.test, listeners: {'127.0.0.1:6667': }},
    datastore: {path: ircd.db}}";
const START: Now = Now { mono_ms: 5, wall_ms: 1_600_000_000_000 };

fn engine() -> Engine {
    let document = Document::new(CONFIG.to_owned(), Vec::new());
    let seed = Seed { texts: Texts { document, ..Texts::default() }, ..Seed::default() };
    Engine::new(Box::new(load(CONFIG, &[]).unwrap().config), seed, START)
}

fn key() -> RecordingKey {
    RecordingKey::of([7; 32])
}

fn begun(engine: &Engine) -> Beginning {
    let start =
        RecordingStart { program: "ircd-test".into(), form: StoredForm::here(), wall_ms: START.wall_ms };
    Beginning { start, snapshot: engine.snapshot(), after_gap: false }
}

/// Handles one event and returns the recorded turn.
fn turn(engine: &mut Engine, writable: bool) -> Vec<u8> {
    let (mut turn, mut effects) = (TurnBuffer::default(), Effects::default());
    let event = Event::StoreChanged { writable };
    turn.event(START, &event);
    engine.handle(START, event, &mut effects);
    turn.digest(digest(&effects, 0));
    turn.take()
}

/// Writes a recording with some turns; `ends` says whether the server stopped normally.
fn record(path: &Path, turns: usize, ends: bool) {
    let mut engine = engine();
    let writer = RecordingWriter::start(path, key()).unwrap();
    writer.begin(begun(&engine));
    // Turns that arrive before the snapshot is complete would be written before its end.
    while !writer.is_idle() {
        std::thread::yield_now();
    }
    for number in 0..turns {
        assert!(writer.add(turn(&mut engine, number % 2 == 0)));
    }
    if ends {
        writer.end();
    }
}

/// Returns the number of events that can be read, and the entry after them.
fn read(path: &Path) -> Result<(usize, RecordedEntry), ReadError> {
    let (mut recording, mut engine) = Recording::open(path, &key())?;
    let (mut events, mut effects) = (0, Effects::default());
    loop {
        match recording.next_entry()? {
            RecordedEntry::Turn(turn) => {
                for recorded in turn_events(&turn) {
                    let Recorded { now, event, digest: wanted } = recorded?;
                    effects.clear();
                    engine.handle(now, event, &mut effects);
                    assert_eq!(wanted, Some(digest(&effects, 0)));
                    events += 1;
                }
            }
            end => return Ok((events, end)),
        }
    }
}

#[test]
fn a_recording_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    record(&path, 3, true);
    assert_eq!(read(&path).unwrap(), (3, RecordedEntry::End));
    record(&path, 5, false);
    assert_eq!(read(&path).unwrap(), (5, RecordedEntry::Torn(0)));
    assert_eq!(read(&dir.path().join("run.1")).unwrap(), (3, RecordedEntry::End));
}

#[test]
fn a_torn_file_is_read_up_to_its_last_whole_frame() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    record(&path, 3, false);
    let whole = std::fs::read(&path).unwrap();
    let mut seen = Vec::new();
    for len in 0..whole.len() {
        std::fs::write(&path, &whole[..len]).unwrap();
        match read(&path) {
            Ok((events, RecordedEntry::Torn(bytes))) => seen.push((events, bytes > 0)),
            Err(ReadError::Incomplete | ReadError::NotARecording) => assert!(seen.is_empty()),
            other => panic!("{len} bytes: {other:?}"),
        }
    }
    seen.dedup();
    assert_eq!(seen, [(0, false), (0, true), (1, false), (1, true), (2, false), (2, true)]);
}

#[test]
fn nothing_is_read_without_the_key_or_after_a_change() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    record(&path, 1, true);
    assert!(matches!(Recording::open(&path, &RecordingKey::of([8; 32])), Err(ReadError::WrongKey)));
    let mut bytes = std::fs::read(&path).unwrap();
    let text = b"irc.test";
    assert!(!bytes.windows(text.len()).any(|window| window == text), "the configuration can be read");
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(read(&path), Err(ReadError::WrongKey)));
}

#[test]
fn a_key_is_created_once_and_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let (made, again) =
        (RecordingKey::read_or_create(&path).unwrap(), RecordingKey::read_or_create(&path).unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let other = RecordingKey::read_or_create(&dir.path().join("other")).unwrap();
    assert!(made.0 == again.0 && made.0 != other.0);
    std::fs::write(&path, "nonsense").unwrap();
    assert!(RecordingKey::read_or_create(&path).is_err());
}

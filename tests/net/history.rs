//! Messages are stored, and can be read back at once.

use std::path::Path;
use std::time::Duration;

use ircd::archive::{ArchiveSettings, Opened};
use ircd::config::Config;

use crate::harness::{Server, plain, start, start_recording, writer};

fn start_on(directory: &Path, sync_interval: Duration, io_threads: usize) -> Server {
    let mut config: Config = plain();
    config.server.io_threads = io_threads;
    config.datastore.path = directory.join("ircd.db").to_str().unwrap().to_owned();
    config.datastore.sqlite.enabled = true;
    config.datastore.sqlite.database_path = directory.join("history.db").to_str().unwrap().to_owned();
    config.history.persistent.sync_interval = sync_interval;
    let opened = Opened::open(ArchiveSettings::of(&config).unwrap()).unwrap();
    start_recording(config, writer(), Some(opened))
}

/// With and without waiting for the disk, and with any number of threads.
#[test]
fn messages_are_found_at_once_and_after_a_restart() {
    for (sync_interval, io_threads) in
        [(Duration::from_millis(500), 1), (Duration::ZERO, 1), (Duration::ZERO, 2)]
    {
        let directory = tempfile::tempdir().unwrap();
        let mut expected = String::from("said ");
        for round in 0..2 {
            let server = start_on(directory.path(), sync_interval, io_threads);
            let mut alice = server.connect();
            let mut bob = server.connect();
            for number in 0..20 {
                let text = format!("{round}-{number}");
                assert_eq!(alice.ask(&format!("SAY {text}")), text);
                assert_eq!(bob.line(), text);
                expected += if expected.ends_with(' ') { "" } else { "," };
                expected += &text;
                assert_eq!(bob.ask("SAID"), expected);
            }
            assert_eq!(alice.ask("SAY last"), "last");
            server.control.stop("over");
            server.join().unwrap();
            expected += ",last";
        }
    }
}

#[test]
fn a_query_fails_where_no_history_is_stored() {
    let server = start(plain());
    let mut alice = server.connect();
    assert_eq!(alice.ask("SAID"), "job failed");
}

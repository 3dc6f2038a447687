//! Output commit over real sockets: a change that a client has seen is on disk.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use ircd::config::Config;
use ircd::store::StoreWriter;

use crate::disk::TestDisk;
use crate::harness::{Client, PATIENCE, Server, plain, start_with};

fn sharded(io_threads: usize) -> Config {
    let mut config = plain();
    config.server.io_threads = io_threads;
    config
}

fn start(io_threads: usize, disk: &TestDisk) -> Server {
    start_with(sharded(io_threads), StoreWriter::start(disk.clone()).unwrap())
}

/// Checks that no line arrives within a moment.
fn assert_silent(client: &mut Client<TcpStream>) {
    let stream = client.stream.get_mut();
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut byte = [0];
    let read = stream.read(&mut byte);
    assert!(read.is_err(), "received {read:?} {byte:?}");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
}

#[test]
fn output_waits_until_changes_are_durable_and_keeps_its_order() {
    for io_threads in [1, 2, 3] {
        let disk = TestDisk::shut();
        let server = start(io_threads, &disk);
        let (mut alice, mut bob) = (server.connect(), server.connect());
        // Without a change to store, output does not wait.
        assert_eq!(alice.ask("ECHO before"), "before");
        alice.send("KEEP a 1");
        disk.wait_asked(1);
        alice.send("ALL two");
        assert_silent(&mut alice);
        alice.send("KEEP b 2\r\nKEEP a 3");
        // Gives the server time to read these: a line of another connection could overtake them.
        assert_silent(&mut alice);
        bob.send("ECHO three");
        assert_silent(&mut bob);

        // The first batch has only the first write; the rest waits for the second.
        disk.change(|content| content.allowed = 1);
        assert_eq!([alice.line(), alice.line(), bob.line()], ["kept a 1", "two", "two"]);
        disk.wait_asked(2);
        assert_silent(&mut alice);
        assert_silent(&mut bob);
        assert_eq!(disk.records()["a"], b"\"1\"");
        disk.change(|content| content.allowed = usize::MAX);
        assert_eq!([alice.line(), alice.line()], ["kept b 2", "kept a 3"]);
        assert_eq!(bob.line(), "three");
        assert_eq!(disk.records()["a"], b"\"3\"");
        assert_eq!(alice.ask("ECHO after"), "after");
    }
}

#[test]
fn a_stop_writes_everything_and_notifies_all_clients() {
    for io_threads in [1, 2] {
        let disk = TestDisk::shut();
        let server = start(io_threads, &disk);
        let mut alice = server.connect();
        for number in 0..100 {
            alice.send(&format!("KEEP key{number} x"));
        }
        disk.wait_asked(1);
        assert_silent(&mut alice);
        server.control.stop("over");
        assert_silent(&mut alice);
        disk.change(|content| content.allowed = usize::MAX);
        for number in 0..100 {
            assert_eq!(alice.line(), format!("kept key{number} x"));
        }
        assert_eq!(alice.rest(), "ERROR :over\r\n");
        server.join().unwrap();
        assert_eq!(disk.records().len(), 100);
    }
}

#[test]
fn when_too_much_waits_for_the_disk_the_server_pauses_and_loses_nothing() {
    for io_threads in [1, 2] {
        let disk = TestDisk::shut();
        let server = start(io_threads, &disk);
        let mut alice = server.connect();
        // Many times the limit of waiting bytes.
        for number in 0..40 {
            alice.send(&format!("KEEPBIG big{number} 1000000"));
        }
        disk.wait_asked(1);
        assert_silent(&mut alice);
        disk.change(|content| content.allowed = usize::MAX);
        for number in 0..40 {
            assert_eq!(alice.line(), format!("kept big{number} 1000000"));
        }
        assert_eq!(disk.records().len(), 40);
    }
}

#[test]
fn a_disk_that_fails_stops_the_server_before_clients_see_lost_changes() {
    for io_threads in [1, 2] {
        let disk = TestDisk::shut();
        let server = start(io_threads, &disk);
        let mut alice = server.connect();
        alice.send("KEEP a 1");
        disk.wait_asked(1);
        alice.send("ECHO later");
        assert_silent(&mut alice);
        disk.change(|content| content.fails = true);
        assert_eq!(alice.rest(), "ERROR :Server stops: its datastore failed\r\n");
        drop(alice);
        let ended = server.join().unwrap_err().to_string();
        assert_eq!(ended, "the datastore failed: it is broken");
    }
}

#[test]
fn the_core_is_notified_when_the_disk_is_full_and_has_room_again() {
    let disk = TestDisk::default();
    let server = start(1, &disk);
    let mut alice = server.connect();
    disk.change(|content| content.has_room = false);
    assert_eq!(alice.ask("KEEP a 1"), "kept a 1");
    assert_eq!(alice.line(), "store writable false");
    // Records that it persists regardless are stored.
    assert_eq!(alice.ask("KEEP a 2"), "kept a 2");
    disk.change(|content| content.has_room = true);
    assert_eq!(alice.line(), "store writable true");
    assert_eq!(disk.records()["a"], b"\"2\"");
}

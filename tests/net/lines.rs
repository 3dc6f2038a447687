//! Lines over plain and Unix sockets, with one I/O shard and with several.

use std::os::unix::net::UnixStream;

use ircd::config::Listener;

use crate::harness::{Client, config, plain, start};

#[test]
fn lines_are_received_and_sent_whole() {
    let server = start(plain());
    let mut alice = server.connect();
    assert_eq!(alice.ask("ECHO hello"), "hello");
    alice.send_raw(b"ECHO a\nECHO b\r\n\r\nEC");
    alice.send_raw(b"HO c\r\n");
    assert_eq!([alice.line(), alice.line(), alice.line()], ["a", "b", "c"]);
    alice.send_raw(b"\xff\xfe\r\n");
    assert_eq!(alice.line(), "bytes [255, 254]");
    assert!(alice.ask("DOOR").contains("secure: true"));
}

#[test]
fn an_overlong_line_is_reported_once_and_the_next_is_read() {
    let server = start(plain());
    let mut alice = server.connect();
    alice.send_raw(&[b'x'; 100_000]);
    alice.send_raw(b"\r\nECHO still here\r\n");
    assert_eq!([alice.line(), alice.line()], ["overlong", "still here"]);
}

#[test]
fn broadcasts_reach_all_clients_and_hangups_are_reported() {
    for io_threads in [1, 2, 3] {
        let mut config = plain();
        config.server.io_threads = io_threads;
        let server = start(config);
        let mut clients: Vec<_> = (0..10).map(|_| server.connect()).collect();
        clients[3].send("ALL hello");
        for client in &mut clients {
            assert_eq!(client.line(), "hello");
        }
        drop(clients.pop());
        for client in &mut clients {
            assert_eq!(client.line(), "closed Hangup");
        }
        assert_eq!(clients[0].ask("CLIENTS"), "9");
        // Another session reuses the slot.
        clients.push(server.connect());
        clients[0].send("ALL again");
        for client in &mut clients {
            assert_eq!(client.line(), "again");
        }
    }
}

#[test]
fn the_last_lines_arrive_before_the_close_even_if_input_is_unread() {
    let server = start(plain());
    for _ in 0..20 {
        let mut alice = server.connect();
        alice.send_raw(&[b"FLOOD 40000\r\nQUIT bye\r\n".as_slice(), &[b'x'; 200_000]].concat());
        let rest = alice.rest();
        assert_eq!(rest.len(), 40_000 + "ERROR :bye\r\n".len());
        assert!(rest.ends_with("ERROR :bye\r\n"));
    }
}

#[test]
fn jobs_are_answered_and_deadlines_met() {
    let server = start(plain());
    let mut alice = server.connect();
    let hash = bcrypt::hash("sesame", 4).unwrap();
    assert_eq!(alice.ask(&format!("PASSWORD {hash} sesame")), "password true");
    assert_eq!(alice.ask(&format!("PASSWORD {hash} other")), "password false");
    assert_eq!(alice.ask("ALARM 30"), "alarm");
}

#[test]
fn unix_sockets_accept_clients() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ircd.sock");
    let server = start(config(vec![(path.to_str().unwrap(), Listener::default())]));
    let mut alice = Client::new(UnixStream::connect(&path).unwrap());
    assert_eq!(alice.ask("ECHO hello"), "hello");
    assert!(alice.ask("DOOR").contains("ip: 127.0.0.1"));
    drop(server);
    assert!(!path.exists());
}

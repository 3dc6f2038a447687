//! Limits: clients that do not read, and too many clients.

use std::io::{Read, Write};
use std::net::TcpStream;

use ircd::config::Listener;
use tokio_rustls::rustls::version::TLS13;

use crate::harness::{Client, certificate, config, plain, start, tls_with};

/// More than the kernel buffers for a loopback connection.
const BEYOND_KERNEL: usize = 16 << 20;

/// Makes the client request this much at once, with commands that are answered with a part each.
fn flood<S: Read + Write>(client: &mut Client<S>) {
    client.send_raw("FLOOD 256000\r\n".repeat(BEYOND_KERNEL / 256_000).as_bytes());
}

/// Number of lines of 998 bytes that answer a flood.
const FLOOD_LINES: usize = BEYOND_KERNEL / 256_000 * 256;

#[test]
fn a_client_that_does_not_read_is_closed_and_others_are_notified() {
    for io_threads in [1, 2] {
        let mut config = plain();
        config.server.io_threads = io_threads;
        let server = start(config);
        let mut deaf = server.connect();
        let mut alice = server.connect();
        let mut heard = 0;
        let mut closed = false;
        while !closed {
            assert!(heard < BEYOND_KERNEL, "the deaf client is still connected");
            alice.send("FLOODALL 50000");
            for _ in 0..50 {
                let line = alice.line();
                closed |= line == "closed SendqExceeded";
                heard += line.len();
            }
        }
        while alice.ask("ECHO end") != "end" {}
        // The data in the kernel arrives, then the connection ends.
        let mut rest = Vec::new();
        deaf.stream.read_to_end(&mut rest).unwrap();
        assert!(rest.len() < BEYOND_KERNEL);
    }
}

#[test]
fn a_clients_own_answers_do_not_close_it_and_arrive_completely() {
    let server = start(plain());
    let mut alice = server.connect();
    flood(&mut alice);
    alice.send("ECHO end");
    for _ in 0..FLOOD_LINES {
        assert_eq!(alice.line().len(), 998);
    }
    assert_eq!(alice.line(), "end");
}

#[test]
fn a_clients_own_answers_are_bounded_even_if_the_engine_does_not_bound_them() {
    let server = start(plain());
    let mut alice = server.connect();
    let mut bob = server.connect();
    alice.send(&format!("FLOOD {BEYOND_KERNEL}"));
    assert_eq!(bob.line(), "closed SendqExceeded");
}

#[test]
fn lines_of_others_are_counted_separately_from_own_answers() {
    let server = start(plain());
    let mut alice = server.connect();
    let mut bob = server.connect();
    flood(&mut alice);
    bob.send("ALL hello");
    assert_eq!(bob.line(), "hello");
    let mut heard = false;
    for _ in 0..=FLOOD_LINES {
        heard |= alice.line() == "hello";
    }
    assert!(heard);
    assert_eq!(bob.ask("CLIENTS"), "2");
}

#[test]
fn the_engine_is_notified_when_a_held_session_has_drained() {
    let server = start(plain());
    let mut alice = server.connect();
    // Without queued output, at once.
    assert_eq!(alice.ask("HOLD"), "drained");
    // With queued output, after the client has read it.
    flood(&mut alice);
    alice.send("HOLD");
    for _ in 0..FLOOD_LINES {
        assert_eq!(alice.line().len(), 998);
    }
    assert_eq!(alice.line(), "drained");
    assert_eq!(alice.ask("ECHO on"), "on");
}

#[test]
fn a_burst_of_requests_is_answered_completely_and_in_order() {
    let pair = certificate("irc.example");
    let server = start(config(vec![("127.0.0.1:0", Listener::default()), ("127.0.0.2:0", pair.listener())]));
    let secure = TcpStream::connect(("127.0.0.2", server.ports[1])).unwrap();
    let mut alice = server.connect();
    let mut bob = Client::new(tls_with(secure, "irc.example", None, &[&TLS13]));
    // In one write: more lines than the server takes at a time, and more replies than a client may leave
    // unread.
    let burst = "FLOOD 100000\r\n".repeat(1000) + "ECHO end\r\n";
    alice.send_raw(burst.as_bytes());
    bob.send_raw(burst.as_bytes());
    for _ in 0..100_000 {
        assert_eq!(alice.line().len(), 998);
    }
    assert_eq!(alice.line(), "end");
    for _ in 0..100_000 {
        assert_eq!(bob.line().len(), 998);
    }
    assert_eq!(bob.line(), "end");
}

#[test]
fn a_client_beyond_max_clients_gets_an_error_and_is_closed() {
    let mut config = plain();
    config.server.max_clients = 2;
    let server = start(config);
    let alice = server.connect();
    let mut bob = server.connect();
    let mut carol = Client::<TcpStream>::silent(crate::harness::tcp(server.ports[0]));
    assert_eq!(carol.rest(), "ERROR :Too many connections\r\n");
    drop(alice);
    assert_eq!(bob.line(), "closed Hangup");
    let mut dave = server.connect();
    assert_eq!(dave.ask("ECHO in"), "in");
}

//! Limits: clients that do not read, and too many clients.

use std::io::{Read, Write};
use std::net::TcpStream;

use ircd::config::Listener;
use tokio_rustls::rustls::version::TLS13;

use crate::harness::{Client, certificate, config, plain, start, tls_with};

/// More than the kernel buffers for a loopback connection.
const BEYOND_KERNEL: usize = 16 << 20;

/// Has the client ask for this much at once, in commands of which each is answered with a part of it.
fn flood<S: Read + Write>(client: &mut Client<S>) {
    client.send_raw("FLOOD 256000\r\n".repeat(BEYOND_KERNEL / 256_000).as_bytes());
}

/// Lines of 998 bytes that follow a flood.
const FLOOD_LINES: usize = BEYOND_KERNEL / 256_000 * 256;

#[test]
fn who_does_not_read_is_closed_and_the_others_hear_of_it() {
    for io_threads in [1, 2] {
        let mut config = plain();
        config.server.io_threads = io_threads;
        let server = start(config);
        let mut deaf = server.connect();
        let mut alice = server.connect();
        let mut heard = 0;
        let mut closed = false;
        while !closed {
            assert!(heard < BEYOND_KERNEL, "the deaf client is still there");
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
fn own_answers_do_not_kill_and_arrive_completely() {
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
fn own_answers_are_bounded_even_if_the_engine_does_not_bound_them() {
    let server = start(plain());
    let mut alice = server.connect();
    let mut bob = server.connect();
    alice.send(&format!("FLOOD {BEYOND_KERNEL}"));
    assert_eq!(bob.line(), "closed SendqExceeded");
}

#[test]
fn what_others_send_meanwhile_is_not_counted_together_with_own_answers() {
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
fn a_held_session_is_told_when_it_has_drained() {
    let server = start(plain());
    let mut alice = server.connect();
    // Nothing is queued: at once.
    assert_eq!(alice.ask("HOLD"), "drained");
    // Much is queued: after the client has read it.
    flood(&mut alice);
    alice.send("HOLD");
    for _ in 0..FLOOD_LINES {
        assert_eq!(alice.line().len(), 998);
    }
    assert_eq!(alice.line(), "drained");
    assert_eq!(alice.ask("ECHO on"), "on");
}

#[test]
fn what_is_asked_for_in_one_burst_is_answered_completely_and_in_order() {
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
fn above_max_clients_one_is_told_and_closed() {
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

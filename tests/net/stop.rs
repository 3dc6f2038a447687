//! Shutdown and rehash.

use std::os::unix::fs::PermissionsExt;

use ircd::config::Listener;

use crate::harness::{Client, certificate, config, plain, start, tcp, tls};

#[test]
fn a_stop_notifies_all_clients_and_succeeds() {
    for io_threads in [1, 2] {
        let pair = certificate("irc.example");
        let mut config = config(vec![("127.0.0.1:0", Listener::default()), ("127.0.0.2:0", pair.listener())]);
        config.server.io_threads = io_threads;
        let server = start(config);
        let mut clients: Vec<_> = (0..50).map(|_| server.connect()).collect();
        let control = server.control.clone();
        assert!(control.stop("Server is shutting down"));
        for client in &mut clients {
            assert_eq!(client.rest(), "ERROR :Server is shutting down\r\n");
        }
        drop(clients);
        server.join().unwrap();
        assert!(!control.stop("again"));
    }
}

#[test]
fn a_client_that_does_not_read_delays_the_stop_for_a_bounded_time_only() {
    let server = start(plain());
    let mut deaf = server.connect();
    deaf.send_raw("FLOOD 256000\r\n".repeat(64).as_bytes());
    let mut alice = server.connect();
    assert_eq!(alice.ask("ECHO x"), "x");
    server.control.stop("over");
    assert_eq!(alice.rest(), "ERROR :over\r\n");
    let began = std::time::Instant::now();
    server.join().unwrap();
    assert!(began.elapsed().as_secs() < 10);
}

#[test]
fn sigterm_stops_the_server() {
    let server = start(plain());
    let mut alice = server.connect();
    let me = rustix::process::getpid();
    rustix::process::kill_process(me, rustix::process::Signal::TERM).unwrap();
    assert_eq!(alice.rest(), "ERROR :Server is shutting down\r\n");
    server.join().unwrap();
}

#[test]
fn a_rehash_opens_and_closes_listeners_and_keeps_connections() {
    let server = start(plain());
    let mut alice = server.connect();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut next = config(vec![(&format!("127.0.0.1:{free}"), Listener::default())]);
    next.network.name = "Other".into();
    server.reload(Ok(next));
    assert_eq!(alice.line(), "reconfigured");
    assert_eq!(alice.ask("NETWORK"), "Other");
    let mut bob = Client::new(tcp(free));
    assert_eq!(bob.ask("CLIENTS"), "2");
    assert!(std::net::TcpStream::connect(("127.0.0.1", server.ports[0])).is_err());
}

/// `:6667` needs the port that `127.0.0.1:6667` uses.
#[test]
fn a_rehash_moves_a_port_to_another_address() {
    let server = start(plain());
    let mut alice = server.connect();
    let port = server.ports[0];
    let mut others = Vec::new();
    for address in [format!(":{port}"), format!("127.0.0.1:{port}")] {
        server.reload(Ok(config(vec![(&address, Listener::default())])));
        assert_eq!(alice.line(), "reconfigured");
        others.push(server.connect());
        assert_eq!(others.last_mut().unwrap().ask("ECHO x"), "x");
    }
}

#[test]
fn the_requester_of_a_rehash_is_notified_of_listeners_that_fail() {
    let server = start(plain());
    let mut alice = server.connect();
    let mut next = plain();
    next.server.listeners.insert("127.0.0.1:0x".into(), Listener::default());
    server.will_read(Ok(next));
    alice.send("RELOAD");
    assert_eq!(alice.line(), "reconfigured");
    let answer = alice.line();
    assert!(answer.starts_with("reloaded Err(\"applied, but cannot listen on 127.0.0.1:0x: "), "{answer}");
    server.will_read(Ok(plain()));
    alice.send("RELOAD");
    assert_eq!([alice.line(), alice.line()], ["reconfigured", "reloaded Ok(())"]);
    server.will_read(Err("no".into()));
    assert_eq!(alice.ask("RELOAD"), "reloaded Err(\"no\")");
}

#[test]
fn a_rehash_changes_the_permissions_of_a_unix_socket() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ircd.sock");
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let mut config = plain();
    config.server.listeners.insert(path.to_str().unwrap().into(), Listener::default());
    let server = start(config.clone());
    assert_eq!(mode(), 0o700);
    config.server.unix_bind_mode = 0o770;
    let mut alice = server.connect();
    server.reload(Ok(config));
    assert_eq!(alice.line(), "reconfigured");
    assert_eq!(mode(), 0o770);
}

#[test]
fn a_failed_rehash_changes_nothing() {
    let server = start(plain());
    server.reload(Err("line 3: no".into()));
    let mut alice = server.connect();
    assert_eq!(alice.ask("ECHO x"), "x");
    let pair = certificate("irc.example");
    let mut next = plain();
    next.server.listeners.insert(
        "127.0.0.3:0".into(),
        Listener {
            tls: Some(ircd::config::KeyPair { key: "/nowhere".into(), ..pair.files() }),
            ..Listener::default()
        },
    );
    server.reload(Ok(next));
    assert_eq!(alice.line(), "reconfigured");
    assert_eq!(server.connect().ask("ECHO y"), "y");
}

#[test]
fn tls_clients_are_notified_of_a_stop() {
    let pair = certificate("irc.example");
    let server = start(config(vec![("127.0.0.1:0", pair.listener())]));
    let mut alice = Client::new(tls(server.ports[0], "irc.example", None));
    server.control.stop("over");
    assert_eq!(alice.rest(), "ERROR :over\r\n");
    server.join().unwrap();
}

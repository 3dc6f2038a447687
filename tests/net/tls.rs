//! TLS: client certificates, SNI, rehash, rejected files.

use std::io::Read;
use std::net::TcpStream;
use std::sync::Arc;

use ircd::config::{Listener, TlsVersion};
use ircd::server::run_core;
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::ProtocolVersion;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use crate::fake_core::FakeCore;
use crate::harness::{Client, certificate, config, plain, start, tcp, tls, tls_with, writer};

#[test]
fn lines_and_fingerprint_over_tls() {
    let (server_pair, client_pair) = (certificate("irc.example"), certificate("alice"));
    let server = start(config(vec![("127.0.0.1:0", server_pair.listener())]));
    let mut alice = Client::new(tls(server.ports[0], "irc.example", Some(&client_pair)));
    let fingerprint = data_encoding::HEXLOWER.encode(&Sha256::digest(&client_pair.certificate));
    let door = alice.ask("DOOR");
    assert!(door.contains(&format!("certfp: Some(\"{fingerprint}\")")), "{door}");
    assert!(door.contains("secure: true"));
    let mut bob = Client::new(tls(server.ports[0], "irc.example", None));
    assert!(bob.ask("DOOR").contains("certfp: None"));
    bob.send_raw("FLOOD 300000\r\n".repeat(10).as_bytes());
    for _ in 0..3000 {
        assert_eq!(bob.line().len(), 998);
    }
    bob.send("QUIT bye");
    assert_eq!(bob.rest(), "ERROR :bye\r\n");
    alice.send_raw(&[b'x'; 60_000]);
    alice.send_raw(b"\nECHO on\n");
    assert_eq!([alice.line(), alice.line()], ["overlong", "on"]);
}

#[test]
fn the_certificate_depends_on_the_requested_name_and_follows_the_files() {
    let (one, other) = (certificate("one.example"), certificate("other.example"));
    let listener = Listener { tls_certificates: vec![one.files(), other.files()], ..Listener::default() };
    // `tls` has no effect beside `tls-certificates`.
    let listener = Listener { tls: Some(certificate("third.example").files()), ..listener };
    let config = config(vec![("127.0.0.1:0", listener)]);
    let server = start(config.clone());
    let seen = |name: &str| {
        let mut client = Client::new(tls(server.ports[0], name, None));
        assert_eq!(client.ask("ECHO x"), "x");
        client.stream.get_ref().conn.peer_certificates().unwrap()[0].clone().into_owned()
    };
    assert_eq!(seen("one.example"), one.certificate);
    assert_eq!(seen("other.example"), other.certificate);
    assert_eq!(seen("unknown.example"), one.certificate);
    let renewed = certificate("one.example");
    std::fs::copy(renewed.files().cert, one.files().cert).unwrap();
    std::fs::copy(renewed.files().key, one.files().key).unwrap();
    let mut watcher = Client::new(tls(server.ports[0], "one.example", None));
    server.reload(Ok(config));
    assert_eq!(watcher.line(), "reconfigured");
    assert_eq!(seen("one.example"), renewed.certificate);
}

#[test]
fn tls12_is_accepted_unless_13_is_the_minimum() {
    let pair = certificate("irc.example");
    let modern = Listener { min_tls_version: TlsVersion::Tls13, ..pair.listener() };
    let server = start(config(vec![("127.0.0.1:0", pair.listener()), ("127.0.0.2:0", modern)]));
    let mut old = Client::new(tls_with(tcp(server.ports[0]), "irc.example", None, &[&TLS12]));
    assert_eq!(old.ask("ECHO x"), "x");
    assert_eq!(old.stream.get_ref().conn.protocol_version(), Some(ProtocolVersion::TLSv1_2));
    let modern = || TcpStream::connect(("127.0.0.2", server.ports[1])).unwrap();
    let mut rejected = tls_with(modern(), "irc.example", None, &[&TLS12]);
    let error = rejected.read(&mut [0; 10]).unwrap_err().to_string();
    assert!(error.contains("ProtocolVersion"), "{error}");
    let mut new = Client::new(tls_with(modern(), "irc.example", None, &[&TLS13]));
    assert_eq!(new.ask("ECHO x"), "x");
}

fn start_error(mut listener: Listener, change: impl FnOnce(&mut Listener)) -> String {
    change(&mut listener);
    let config = config(vec![("127.0.0.1:0", listener)]);
    let never = Arc::new(|| Err("never".to_owned()));
    run_core(config, |_| FakeCore::default(), writer(), None, never, Box::new(|_| ()))
        .unwrap_err()
        .to_string()
}

#[test]
fn unusable_files_are_named_with_the_reason() {
    let (pair, other) = (certificate("a.example"), certificate("b.example"));
    let error = start_error(pair.listener(), |l| l.tls.as_mut().unwrap().cert = "/nowhere/cert.pem".into());
    assert_eq!(
        error,
        "listener 127.0.0.1:0: cannot read certificate file /nowhere/cert.pem: no such file or directory"
    );
    let error = start_error(pair.listener(), |l| l.tls.as_mut().unwrap().key = pair.files().cert);
    assert!(error.contains("no private key in ") && error.ends_with("cert.pem"), "{error}");
    let error = start_error(pair.listener(), |l| l.tls.as_mut().unwrap().key = other.files().key);
    assert!(error.contains("does not work with the certificate in "), "{error}");
}

#[test]
fn an_occupied_port_is_one_clear_line() {
    let server = start(plain());
    let mut config = plain();
    let address = format!("127.0.0.1:{}", server.ports[0]);
    config.server.listeners = [(address.clone(), Listener::default())].into_iter().collect();
    let never = Arc::new(|| Err("never".to_owned()));
    let error =
        run_core(config, |_| FakeCore::default(), writer(), None, never, Box::new(|_| ())).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {address}: address already in use"));
}

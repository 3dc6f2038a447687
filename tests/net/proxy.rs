//! Clients behind a proxy: PROXY headers before everything else, `X-Forwarded-For` before a WebSocket.

use std::io::Write;
use std::time::Instant;

use ircd::config::{Config, Listener, Net};
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{Client, certificate, config, start, tcp, tls, tls_with};
use crate::websocket::open;
use tokio_rustls::rustls::version::TLS13;

const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Returns a configuration with a listener behind a proxy on this machine.
fn behind(listener: Listener) -> Config {
    let mut config = config(vec![("127.0.0.1:0", Listener { proxy: true, ..listener })]);
    config.server.proxy_allowed_from = vec![Net::LOOPBACK_V4, Net::LOOPBACK_V6];
    config
}

fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    [V2, &[command, family], &(rest.len() as u16).to_be_bytes(), rest].concat()
}

/// Returns the address and flags that the engine gets for a client that begins like this.
fn door(config: Config, header: &[u8]) -> String {
    let server = start(config);
    let mut stream = tcp(server.ports[0]);
    stream.write_all(header).unwrap();
    Client::new(stream).ask("DOOR")
}

#[test]
fn a_header_of_either_version_names_the_client() {
    let v1 = b"PROXY TCP4 192.0.2.7 127.0.0.1 65533 6667\r\n".to_vec();
    let four = [192, 0, 2, 7, 127, 0, 0, 1, 1, 1, 2, 2];
    let with_extensions = [&four[..], &[0xea, 0, 3, 1, 2, 3]].concat();
    for header in [v1, v2(0x21, 0x11, &four), v2(0x21, 0x11, &with_extensions)] {
        let door = door(behind(Listener::default()), &header);
        assert!(door.contains("ip: 192.0.2.7, proxied: true"), "{door}");
    }
}

#[test]
fn a_header_without_an_address_stands_for_the_proxy_itself() {
    for header in [b"PROXY UNKNOWN\r\n".to_vec(), v2(0x20, 0, &[]), v2(0x21, 0x31, &[0; 216])] {
        let door = door(behind(Listener::default()), &header);
        assert!(door.contains("ip: 127.0.0.1, proxied: false"), "{door}");
    }
}

#[test]
fn headers_from_other_hosts_are_ignored() {
    let mut config = behind(Listener::default());
    config.server.proxy_allowed_from = vec![Net::parse("10.0.0.0/8").unwrap()];
    let door = door(config, b"PROXY TCP4 192.0.2.7 127.0.0.1 65533 6667\r\n");
    assert!(door.contains("ip: 127.0.0.1, proxied: false"), "{door}");
}

#[test]
fn the_header_precedes_tls() {
    let pair = certificate("irc.example");
    let server = start(behind(pair.listener()));
    let mut stream = tcp(server.ports[0]);
    // In one packet with the beginning of the handshake, of which nothing may be lost.
    stream.write_all(b"PROXY TCP6 2001:db8::7 ::1 65533 6697\r\n").unwrap();
    let identity = certificate("alice");
    let mut client = Client::new(tls_with(stream, "irc.example", Some(&identity), &[&TLS13]));
    let door = client.ask("DOOR");
    assert!(door.contains("ip: 2001:db8::7, proxied: true"), "{door}");
    assert!(door.contains("secure: true") && door.contains("certfp: Some("), "{door}");
}

#[test]
fn connections_without_a_header_are_closed() {
    let server = start(behind(Listener::default()));
    for start in [&b"NICK someone\r\nUSER x\r\n"[..], b"PROXY TCP4 nonsense\r\n", &v2(0x21, 0x11, &[1; 4])] {
        let mut client = Client::silent(tcp(server.ports[0]));
        client.send_raw(start);
        assert!(matches!(std::io::Read::read(&mut client.stream, &mut [0]), Ok(0) | Err(_)));
    }
    assert_eq!(named(&server).ask("CLIENTS"), "1");
}

fn named(server: &crate::harness::Server) -> Client<std::net::TcpStream> {
    let mut stream = tcp(server.ports[0]);
    stream.write_all(b"PROXY UNKNOWN\r\n").unwrap();
    Client::new(stream)
}

#[test]
fn an_incomplete_header_times_out_before_registration_does() {
    let server = start(behind(Listener::default()));
    let begun = Instant::now();
    let mut client = Client::silent(tcp(server.ports[0]));
    client.send_raw(b"PROXY TCP4 192.");
    assert_eq!(client.rest(), "");
    // Long before the registration timeout.
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

/// Like `door`, for a WebSocket client whose request has these headers.
fn websocket_door(config: Config, headers: &[(&'static str, &str)]) -> String {
    let server = start(config);
    let (mut socket, _) = open(tcp(server.ports[0]), headers);
    assert_eq!(socket.read().unwrap(), Message::text("welcome"));
    socket.send(Message::text("DOOR")).unwrap();
    socket.read().unwrap().into_text().unwrap().to_string()
}

fn websocket() -> Config {
    let listener = Listener { websocket: true, ..Listener::default() };
    Config {
        server: ircd::config::Server {
            proxy_allowed_from: vec![Net::LOOPBACK_V4],
            ..config(vec![("127.0.0.1:0", listener)]).server
        },
        ..Config::default()
    }
}

#[test]
fn a_web_server_names_the_client_and_its_scheme() {
    let chain = ("X-Forwarded-For", "203.0.113.9, 192.0.2.7, 127.0.0.1");
    let door = websocket_door(websocket(), &[chain, ("X-Forwarded-Proto", "https")]);
    assert!(door.contains("ip: 192.0.2.7, proxied: true") && door.contains("secure: true"), "{door}");
    let door = websocket_door(websocket(), &[chain, ("X-Forwarded-Proto", "http")]);
    assert!(door.contains("ip: 192.0.2.7, proxied: true") && door.contains("secure: false"), "{door}");
    let door = websocket_door(websocket(), &[]);
    assert!(door.contains("ip: 127.0.0.1, proxied: false") && door.contains("secure: false"), "{door}");
}

#[test]
fn the_certificate_of_a_web_server_is_not_that_of_its_client() {
    let pair = certificate("irc.example");
    let listener = Listener { websocket: true, ..pair.listener() };
    let identity = certificate("web-server");
    for (client, proxied) in [("192.0.2.7", true), ("127.0.0.1", false), ("unknown", false)] {
        let mut config = config(vec![("127.0.0.1:0", listener.clone())]);
        config.server.proxy_allowed_from = vec![Net::LOOPBACK_V4];
        let server = start(config);
        let stream = tls(server.ports[0], "irc.example", Some(&identity));
        let (mut socket, _) = open(stream, &[("X-Forwarded-For", client)]);
        assert_eq!(socket.read().unwrap(), Message::text("welcome"));
        socket.send(Message::text("DOOR")).unwrap();
        let door = socket.read().unwrap().into_text().unwrap().to_string();
        assert!(door.contains(&format!("proxied: {proxied}")), "{door}");
        assert!(door.contains("certfp: None, certificates: []"), "{door}");
    }
}

#[test]
fn forwarding_headers_from_other_hosts_are_ignored() {
    let mut config = websocket();
    config.server.proxy_allowed_from.clear();
    let door = websocket_door(config, &[("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Proto", "https")]);
    assert!(door.contains("ip: 127.0.0.1, proxied: false") && door.contains("secure: false"), "{door}");
}

//! WebSocket, plain and over TLS, against the library's own client.

use std::io::{Read, Write};
use std::net::TcpStream;

use ircd::config::{Config, Listener};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::protocol::WebSocket;
use tokio_tungstenite::tungstenite::{Message, client as handshake};

use crate::harness::{Client, certificate, config, start, tcp, tls};

fn websocket() -> Config {
    config(vec![("127.0.0.1:0", Listener { websocket: true, ..Listener::default() })])
}

pub(crate) fn open<S: Read + Write>(stream: S, headers: &[(&'static str, &str)]) -> (WebSocket<S>, Response) {
    let mut request = "ws://irc.example/".into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    handshake(request, stream).map_err(|error| format!("{error:?}")).unwrap()
}

const PROTOCOL: &str = "Sec-WebSocket-Protocol";

#[test]
fn both_subprotocols_carry_one_line_per_frame() {
    let server = start(websocket());
    for (offer, chosen) in [
        ("text.ircv3.net", "text.ircv3.net"),
        ("binary.ircv3.net", "binary.ircv3.net"),
        ("binary.ircv3.net, text.ircv3.net", "binary.ircv3.net"),
    ] {
        let (mut socket, response) = open(tcp(server.ports[0]), &[(PROTOCOL, offer)]);
        assert_eq!(response.headers()[PROTOCOL], chosen);
        let wrap = |text: &str| match chosen {
            "text.ircv3.net" => Message::text(text),
            _ => Message::binary(text.as_bytes().to_vec()),
        };
        assert_eq!(socket.read().unwrap(), wrap("welcome"));
        socket.send(wrap("ECHO hé")).unwrap();
        assert_eq!(socket.read().unwrap(), wrap("hé"));
        let long = "x".repeat(5000);
        socket.send(wrap(&format!("ECHO {long}"))).unwrap();
        assert_eq!(socket.read().unwrap(), wrap(&long));
        socket.send(Message::binary(b"\xff".to_vec())).unwrap();
        assert_eq!(socket.read().unwrap(), wrap("bytes [255]"));
        socket.send(wrap(&"x".repeat(20_000))).unwrap();
        let closed = socket.read().unwrap();
        assert!(matches!(&closed, Message::Close(Some(frame)) if u16::from(frame.code) == 1009), "{closed}");
    }
}

#[test]
fn pings_are_answered_and_closes_returned() {
    let server = start(websocket());
    let (mut socket, _) = open(tcp(server.ports[0]), &[]);
    assert_eq!(socket.read().unwrap(), Message::text("welcome"));
    socket.send(Message::Ping(b"are you there"[..].into())).unwrap();
    assert_eq!(socket.read().unwrap(), Message::Pong(b"are you there"[..].into()));
    let (mut bob, _) = open(tcp(server.ports[0]), &[]);
    assert_eq!(bob.read().unwrap(), Message::text("welcome"));
    socket.close(None).unwrap();
    assert!(matches!(socket.read().unwrap(), Message::Close(_)));
    assert_eq!(bob.read().unwrap(), Message::text("closed Hangup"));
}

#[test]
fn a_close_by_the_server_is_a_close_frame() {
    let server = start(websocket());
    let (mut socket, _) = open(tcp(server.ports[0]), &[]);
    assert_eq!(socket.read().unwrap(), Message::text("welcome"));
    socket.send(Message::text("QUIT bye")).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("ERROR :bye"));
    assert!(matches!(socket.read().unwrap(), Message::Close(Some(frame)) if u16::from(frame.code) == 1000));
    assert!(matches!(socket.read(), Err(Error::ConnectionClosed)));
}

#[test]
fn a_protocol_violation_closes_the_connection_with_a_reason() {
    let server = start(websocket());
    let (mut socket, _) = open(tcp(server.ports[0]), &[]);
    let (mut bob, _) = open(tcp(server.ports[0]), &[]);
    assert_eq!(socket.read().unwrap(), Message::text("welcome"));
    assert_eq!(bob.read().unwrap(), Message::text("welcome"));
    socket.get_mut().write_all(&[0x81, 1, b'x']).unwrap();
    assert!(matches!(socket.read().unwrap(), Message::Close(Some(frame)) if u16::from(frame.code) == 1002));
    let reason = bob.read().unwrap().into_text().unwrap();
    assert!(reason.contains("Violation") && reason.contains("not masked"), "{reason}");
}

#[test]
fn pages_of_other_origins_are_rejected_and_browsers_get_a_page() {
    let mut config = websocket();
    config.server.websockets.allowed_origins = vec!["https://*.example.org".into()];
    let server = start(config);
    let (mut socket, _) = open(tcp(server.ports[0]), &[("Origin", "https://chat.example.org")]);
    assert_eq!(socket.read().unwrap(), Message::text("welcome"));
    let mut page = Client::<TcpStream>::silent(tcp(server.ports[0]));
    page.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    let answer = page.rest();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("IRC server"), "{answer}");
    let mut api = Client::<TcpStream>::silent(tcp(server.ports[0]));
    api.send("POST /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n");
    let answer = api.rest();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    let mut request = "ws://irc.example/".into_client_request().unwrap();
    request.headers_mut().insert("Origin", "https://evil.example".parse().unwrap());
    let error = handshake(request, tcp(server.ports[0])).map(|_| ()).map_err(|error| error.to_string());
    assert!(error.unwrap_err().contains("403"));
}

#[test]
fn websocket_works_over_tls() {
    let pair = certificate("irc.example");
    let listener = Listener { websocket: true, ..pair.listener() };
    let server = start(config(vec![("127.0.0.1:0", listener)]));
    let stream = tls(server.ports[0], "irc.example", None);
    let (mut socket, response) = open(stream, &[(PROTOCOL, "text.ircv3.net")]);
    assert_eq!(response.headers()[PROTOCOL], "text.ircv3.net");
    assert_eq!(socket.read().unwrap(), Message::text("welcome"));
    socket.send(Message::text("DOOR")).unwrap();
    let door = socket.read().unwrap().into_text().unwrap();
    assert!(door.contains("secure: true") && door.contains("websocket: true"), "{door}");
}

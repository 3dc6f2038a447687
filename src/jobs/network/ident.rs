//! `AskIdent`: the name that the client's machine gives to the user of a connection (RFC 1413).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpSocket;
use tokio::time::timeout;

use crate::engine::JobAnswer;
use crate::state::Endpoints;

/// The port of the identification protocol.
const PORT: u16 = 113;
/// Time limit; most machines do not answer at all.
const TIME_MAX: Duration = Duration::from_millis(1500);
/// RFC 1413 section 4: an answer is at most 1000 characters long.
const ANSWER_BYTES_MAX: u64 = 1000;

/// Answers with the user's name as the machine spells it.
pub(super) async fn answer(endpoints: &Endpoints) -> JobAnswer {
    let user = timeout(TIME_MAX, ask_port(endpoints, PORT)).await;
    JobAnswer::IdentFound(user.ok().and_then(Result::ok).flatten())
}

async fn ask_port(endpoints: &Endpoints, port: u16) -> io::Result<Option<String>> {
    let Endpoints { local, remote } = endpoints;
    let socket = if local.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // RFC 1413 section 4: the machine looks for a connection between the two addresses of the query.
    socket.bind(SocketAddr::new(local.ip(), 0))?;
    let mut stream = BufReader::new(socket.connect(SocketAddr::new(remote.ip(), port)).await?);
    stream.write_all(format!("{}, {}\r\n", remote.port(), local.port()).as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_until(b'\n', &mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(user_of(&answer, remote.port(), local.port()).map(str::to_owned))
}

/// The user in an answer of the form `<port> , <port> : USERID : <system> : <user>`.
fn user_of(answer: &str, remote: u16, local: u16) -> Option<&str> {
    let mut fields = answer.trim_end_matches(['\r', '\n']).splitn(4, ':');
    let mut ports = fields.next()?.split(',').map(|port| port.trim().parse().ok());
    if (ports.next()?, ports.next()?) != (Some(remote), Some(local)) {
        return None;
    }
    let kind = fields.next()?.trim();
    let _system = fields.next()?;
    let user = fields.next()?.trim();
    (kind.eq_ignore_ascii_case("USERID") && !user.is_empty()).then_some(user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn the_user_is_in_the_fourth_field() {
        for (answer, user) in [
            ("6193, 23 : USERID : UNIX : stjohns\r\n", Some("stjohns")),
            ("6193,23:USERID:UNIX,US-ASCII:a:b", Some("a:b")),
            ("6193, 23 : ERROR : NO-USER\r\n", None),
            ("6193, 24 : USERID : UNIX : stjohns\r\n", None),
            ("23, 6193 : USERID : UNIX : stjohns\r\n", None),
            ("6193, 23 : USERID : UNIX : \r\n", None),
            ("6193, 23 : USERID : stjohns\r\n", None),
            ("", None),
        ] {
            assert_eq!(user_of(answer, 6193, 23), user, "{answer}");
        }
    }

    #[test]
    fn the_machine_is_asked_about_the_two_ports() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let machine = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; 13];
            stream.read_exact(&mut question).unwrap();
            stream.write_all(b"40000, 6667 : USERID : UNIX : alice\r\n").unwrap();
            question
        });
        let ends = |text: &str| text.parse().unwrap();
        let endpoints = Endpoints { local: ends("127.0.0.1:6667"), remote: ends("127.0.0.1:40000") };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(runtime.block_on(ask_port(&endpoints, port)).unwrap(), Some("alice".to_owned()));
        assert_eq!(&machine.join().unwrap(), b"40000, 6667\r\n");
    }
}

//! The HTTP request that begins a WebSocket connection, and its answer. Leaves the frames to
//! [`super::websocket`], and other requests to [`super::web`].

use std::io;

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::handshake::machine::TryParse;
use tokio_tungstenite::tungstenite::handshake::server::{Request, create_response, write_response};
use tokio_tungstenite::tungstenite::http::HeaderValue;

use super::websocket::{BINARY, TEXT};
use crate::text::glob;

/// Maximum length of a request head, in bytes.
const HEAD_BYTES_MAX: usize = 8192;

/// Maximum number of headers of a request.
const HEADERS_MAX: usize = 100;

/// The empty line after a request head.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The text for clients whose request is rejected.
const HELP: &str =
    "This port of an IRC server is for WebSocket clients (ircv3.net/specs/extensions/websocket).\n";

/// A connection that has become a WebSocket.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Upgraded {
    /// The first byte of data frames (text or binary).
    pub(super) frames: u8,
    /// The complete value of `X-Forwarded-For`, whether trusted or not.
    pub(super) forwarded_for: String,
    /// Whether all values of `X-Forwarded-Proto` are `https`.
    pub(super) https: bool,
}

/// What the first request of a client asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FirstRequest {
    /// A WebSocket; it has been accepted.
    WebSocket(Upgraded),
    /// Something else: everything that was read.
    Http(Vec<u8>),
    /// It was rejected with an answer.
    Rejected,
}

/// Reads the first request, and answers it unless it is plain HTTP.
pub(super) async fn upgrade<S>(stream: &mut S, allowed_origins: &[String]) -> io::Result<FirstRequest>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let answer = match read_head(stream).await? {
        Ok((request, head_bytes)) => match decide(&request, head_bytes, allowed_origins) {
            Decision::Http => return Ok(FirstRequest::Http(request)),
            Decision::WebSocket(bytes, upgraded) => (bytes, FirstRequest::WebSocket(upgraded)),
            Decision::Reject(bytes) => (bytes, FirstRequest::Rejected),
        },
        Err(status) => (rejection(status, ""), FirstRequest::Rejected),
    };
    let (bytes, result) = answer;
    stream.write_all(&bytes).await?;
    stream.flush().await?;
    if result == FirstRequest::Rejected {
        stream.shutdown().await?;
    }
    Ok(result)
}

/// Reads at least up to the empty line after the request head. Returns everything that was read and the
/// length of the head, or the status of the rejection.
async fn read_head<S: AsyncRead + Unpin>(
    stream: &mut S,
) -> io::Result<Result<(Vec<u8>, usize), &'static str>> {
    let mut read = Vec::with_capacity(1024);
    loop {
        let seen = read.len().saturating_sub(HEAD_END.len() - 1);
        let room = HEAD_BYTES_MAX - read.len();
        if room == 0 {
            return Ok(Err("431 Request Header Fields Too Large"));
        }
        if (&mut *stream).take(room as u64).read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(at) = memmem::find(&read[seen..], HEAD_END) {
            return Ok(Ok((read, seen + at + HEAD_END.len())));
        }
    }
}

/// The decision about a request.
enum Decision {
    /// It asks for something other than a WebSocket.
    Http,
    /// The upgrade, with its parameters.
    WebSocket(Vec<u8>, Upgraded),
    /// The answer that rejects it.
    Reject(Vec<u8>),
}

fn decide(read: &[u8], head_bytes: usize, allowed_origins: &[String]) -> Decision {
    let head = &read[..head_bytes];
    let request = match Request::try_parse(head) {
        Ok(Some((_, request))) => request,
        // It accepts only GET. Whatever mentions an upgrade is never passed on, so only one side interprets
        // it.
        Ok(None) | Err(_) if asks_for_upgrade(head) == Some(false) => return Decision::Http,
        Ok(None) | Err(_) => return Decision::Reject(rejection("400 Bad Request", "")),
    };
    if !request.headers().contains_key("Upgrade") {
        return Decision::Http;
    }
    match accept(&request, allowed_origins) {
        // A client must not send more before it has the answer (RFC 6455 section 4.1).
        Ok(_) if head_bytes < read.len() => Decision::Reject(rejection("400 Bad Request", "")),
        Ok((bytes, upgraded)) => Decision::WebSocket(bytes, upgraded),
        Err(bytes) => Decision::Reject(bytes),
    }
}

/// Returns whether a request has an `Upgrade` header; `None` if it is not HTTP.
fn asks_for_upgrade(head: &[u8]) -> Option<bool> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(head).is_ok_and(|status| status.is_complete());
    parsed.then(|| request.headers.iter().any(|header| header.name.eq_ignore_ascii_case("Upgrade")))
}

/// Returns the answer to a request for a WebSocket: the upgrade with its parameters, or the rejection.
fn accept(request: &Request, allowed_origins: &[String]) -> Result<(Vec<u8>, Upgraded), Vec<u8>> {
    let Ok(mut response) = create_response(request) else {
        return Err(rejection("426 Upgrade Required", "Upgrade: websocket\r\n"));
    };
    if !origin_is_allowed(request, allowed_origins) {
        return Err(rejection("403 Forbidden", ""));
    }
    let frames = match subprotocol(request) {
        Some((name, opcode)) => {
            response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(name));
            opcode
        }
        // Without a common subprotocol, the specification leaves the choice to the server; all browsers
        // support text.
        None => TEXT,
    };
    let forwarded_for = joined(request, "X-Forwarded-For");
    let https = joined(request, "X-Forwarded-Proto").split(',').all(|scheme| scheme.trim() == "https");
    let upgraded = Upgraded { frames, forwarded_for, https };
    let mut bytes = Vec::with_capacity(256);
    match write_response(&mut bytes, &response) {
        Ok(()) => Ok((bytes, upgraded)),
        Err(_) => Err(rejection("400 Bad Request", "")),
    }
}

/// Joins all values of a header into one list (RFC 9110 section 5.3).
fn joined(request: &Request, name: &str) -> String {
    let values = request.headers().get_all(name).iter().map(|value| value.to_str().unwrap_or("?"));
    values.collect::<Vec<_>>().join(",")
}

/// Returns the first of the client's subprotocols that we support (websocket specification: the client's
/// order).
fn subprotocol(request: &Request) -> Option<(&'static str, u8)> {
    let offers = request.headers().get_all("Sec-WebSocket-Protocol");
    offers.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).find_map(
        |name| match name.trim() {
            "text.ircv3.net" => Some(("text.ircv3.net", TEXT)),
            "binary.ircv3.net" => Some(("binary.ircv3.net", BINARY)),
            _ => None,
        },
    )
}

/// Returns whether the origin is allowed. Clients other than browsers send none, and cannot be misused by
/// pages.
fn origin_is_allowed(request: &Request, allowed: &[String]) -> bool {
    let Some(origin) = request.headers().get("Origin") else { return true };
    let origin = String::from_utf8_lossy(origin.as_bytes()).to_ascii_lowercase();
    allowed.is_empty() || allowed.iter().any(|glob| glob::matches(&glob.to_ascii_lowercase(), &origin))
}

fn rejection(status: &str, headers: &str) -> Vec<u8> {
    let length = HELP.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\n\r\n{HELP}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    fn ask(headers: &str, allowed: &[&str]) -> (String, Option<u8>) {
        let head = format!("GET / HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
        let allowed: Vec<String> = allowed.iter().map(|&glob| glob.to_owned()).collect();
        match decide(head.as_bytes(), head.len(), &allowed) {
            Decision::WebSocket(bytes, upgraded) => {
                (String::from_utf8(bytes).unwrap(), Some(upgraded.frames))
            }
            Decision::Reject(bytes) => (String::from_utf8(bytes).unwrap(), None),
            Decision::Http => ("plain HTTP".to_owned(), None),
        }
    }

    #[test]
    fn the_clients_first_known_subprotocol_is_chosen() {
        for (offer, chosen, frames) in [
            ("text.ircv3.net", Some("text.ircv3.net"), TEXT),
            ("binary.ircv3.net, text.ircv3.net", Some("binary.ircv3.net"), BINARY),
            ("chat,text.ircv3.net,binary.ircv3.net", Some("text.ircv3.net"), TEXT),
            ("chat", None, TEXT),
        ] {
            let (answer, opcode) = ask(&format!("{KEY}Sec-WebSocket-Protocol: {offer}\r\n"), &[]);
            let header = answer.lines().find_map(|line| line.strip_prefix("sec-websocket-protocol: "));
            assert_eq!((header, opcode), (chosen, Some(frames)), "{answer}");
            assert!(answer.starts_with("HTTP/1.1 101"));
            assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        }
        assert_eq!(ask(KEY, &[]).1, Some(TEXT));
    }

    #[test]
    fn nothing_may_follow_a_request_for_a_websocket() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = |mut bytes: &[u8]| runtime.block_on(read_head(&mut bytes));
        let head = format!("GET / HTTP/1.1\r\n{KEY}\r\n");
        for rest in ["", "x", "x\r\n\r\n", "\r\n\r\n"] {
            let all = format!("{head}{rest}").into_bytes();
            assert_eq!(read(&all).unwrap(), Ok((all.clone(), head.len())));
            let is_accepted = matches!(decide(&all, head.len(), &[]), Decision::WebSocket(..));
            assert_eq!(is_accepted, rest.is_empty(), "{rest:?}");
        }
        let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(HEAD_BYTES_MAX));
        assert_eq!(read(long.as_bytes()).unwrap(), Err("431 Request Header Fields Too Large"));
        assert!(read(b"GET / HTTP/1.1\r\n").is_err());
    }

    #[test]
    fn an_origin_that_is_not_allowed_is_rejected() {
        let with = |origin: &str| format!("{KEY}Origin: {origin}\r\n");
        let allowed = ["https://*.example.org"];
        assert!(ask(&with("https://Chat.example.org"), &allowed).1.is_some());
        let (answer, opcode) = ask(&with("https://evil.example"), &allowed);
        assert!(answer.starts_with("HTTP/1.1 403 ") && opcode.is_none());
        assert!(ask(&with("https://evil.example"), &[]).1.is_some());
        assert!(ask(KEY, &allowed).1.is_some());
    }

    #[test]
    fn a_request_without_upgrade_is_plain_http() {
        assert_eq!(ask("", &[]), ("plain HTTP".to_owned(), None));
        let post = b"POST /v1/status HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}";
        assert!(matches!(decide(post, post.len() - 2, &[]), Decision::Http));
        let irc = b"NICK x\r\nUSER y\r\n\r\n";
        let Decision::Reject(answer) = decide(irc, irc.len(), &[]) else { panic!("it is not HTTP") };
        assert!(answer.starts_with(b"HTTP/1.1 400"));
    }

    #[test]
    fn an_upgrade_to_something_else_is_rejected() {
        let (answer, opcode) = ask("Connection: Upgrade\r\nUpgrade: h2c\r\n", &[]);
        assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n"));
        assert!(answer.contains("IRC server") && opcode.is_none());
    }
}

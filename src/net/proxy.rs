//! Finds the client behind a proxy: from a PROXY header before everything else, or from `X-Forwarded-For` in
//! a WebSocket request. Leaves it to [`super::door`] to decide which proxies are trusted.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::config::Net;
use crate::wire::proxy::{Malformed, V1_BYTES_MAX, V2_FIXED_BYTES, V2_SIGNATURE, v1, v2, v2_rest_bytes};

/// Reads a PROXY header and not a byte more, because a TLS handshake may follow. `None` is a connection of
/// the proxy itself.
pub(super) async fn read_header<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<IpAddr>> {
    // No header of either version is shorter than this.
    let mut start = [0; V2_SIGNATURE.len()];
    stream.read_exact(&mut start).await?;
    match start {
        V2_SIGNATURE => read_v2(stream).await,
        _ if start.starts_with(b"PROXY ") => read_v1(stream, &start).await,
        _ => Err(malformed(Malformed)),
    }
}

async fn read_v1<S: AsyncRead + Unpin>(stream: &mut S, start: &[u8]) -> io::Result<Option<IpAddr>> {
    let mut line = start.to_vec();
    while line.last() != Some(&b'\n') {
        if line.len() == V1_BYTES_MAX {
            return Err(malformed(Malformed));
        }
        line.push(stream.read_u8().await?);
    }
    let text = line.strip_suffix(b"\r\n").and_then(|line| std::str::from_utf8(line).ok());
    v1(text.ok_or_else(|| malformed(Malformed))?).map_err(malformed)
}

async fn read_v2<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<IpAddr>> {
    let mut fixed = [0; V2_FIXED_BYTES];
    fixed[..V2_SIGNATURE.len()].copy_from_slice(&V2_SIGNATURE);
    stream.read_exact(&mut fixed[V2_SIGNATURE.len()..]).await?;
    let mut rest = vec![0; v2_rest_bytes(&fixed).map_err(malformed)?];
    stream.read_exact(&mut rest).await?;
    v2(&fixed, &rest).map_err(malformed)
}

fn malformed(_: Malformed) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "expected a PROXY header")
}

/// Returns the client behind a chain of proxies: the rightmost address that does not belong to a trusted
/// proxy. Each trusted proxy has appended the address that it saw; addresses from untrusted hosts before
/// these are ignored. Returns `peer` itself if it is not trusted or has appended no valid address.
pub(super) fn forwarded_for(peer: IpAddr, chain: &str, trusted: &[Net]) -> IpAddr {
    let mut client = peer;
    for word in chain.rsplit(',') {
        if !trusted.iter().any(|net| net.contains(client)) {
            break;
        }
        let Some(seen) = address(word.trim()) else { break };
        client = seen.to_canonical();
    }
    client
}

/// Parses an address. Some proxies add the port, or brackets around IPv6.
fn address(word: &str) -> Option<IpAddr> {
    let bare = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')).unwrap_or(word);
    let with_port = || word.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut bytes: &[u8]) -> (Option<Option<IpAddr>>, usize) {
        let length = bytes.len();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let result = runtime.block_on(read_header(&mut bytes)).ok();
        (result, length - bytes.len())
    }

    #[test]
    fn not_a_byte_after_the_header_is_read() {
        let client: IpAddr = "192.0.2.7".parse().unwrap();
        let v1 = b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n";
        assert_eq!(read(&[&v1[..], b"NICK x\r\n"].concat()), (Some(Some(client)), v1.len()));
        assert_eq!(read(b"PROXY UNKNOWN\r\nNICK"), (Some(None), 15));
        let v2 = [&V2_SIGNATURE[..], &[0x21, 0x11, 0, 15], &[192, 0, 2, 7], &[1; 8], &[4, 0, 0]].concat();
        assert_eq!(read(&[&v2[..], &[0x16, 3, 1]].concat()), (Some(Some(client)), v2.len()));
    }

    #[test]
    fn anything_else_is_rejected() {
        assert_eq!(read(b"NICK someone\r\n").0, None);
        assert_eq!(read(b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\n").0, None);
        assert_eq!(read(b"PROXY TCP4 192.0.2.7").0, None);
        let endless = [b"PROXY UNKNOWN "[..].to_vec(), vec![b'x'; 200]].concat();
        assert_eq!(read(&endless), (None, V1_BYTES_MAX));
    }

    #[test]
    fn the_rightmost_untrusted_address_is_the_client() {
        let trusted = [Net::LOOPBACK_V4, Net::parse("10.0.0.0/8").unwrap()];
        for (peer, chain, client) in [
            ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
            ("127.0.0.1", "1.1.1.1, 192.0.2.7", "192.0.2.7"),
            ("127.0.0.1", "1.1.1.1, 192.0.2.7, 10.0.0.9", "192.0.2.7"),
            ("127.0.0.1", "10.0.0.8,10.0.0.9", "10.0.0.8"),
            ("127.0.0.1", "192.0.2.7:4711", "192.0.2.7"),
            ("127.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
            ("127.0.0.1", "[2001:db8::1]", "2001:db8::1"),
            ("127.0.0.1", "::ffff:192.0.2.7", "192.0.2.7"),
            ("127.0.0.1", "1.1.1.1, unknown", "127.0.0.1"),
            ("127.0.0.1", "1.1.1.1, unknown, 10.0.0.9", "10.0.0.9"),
            ("127.0.0.1", "", "127.0.0.1"),
            ("203.0.113.5", "192.0.2.7", "203.0.113.5"),
        ] {
            let client: IpAddr = client.parse().unwrap();
            assert_eq!(forwarded_for(peer.parse().unwrap(), chain, &trusted), client, "{peer} {chain}");
        }
    }
}

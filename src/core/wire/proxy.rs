//! Headers of the PROXY protocol, versions 1 and 2
//! (<https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>): the address of the client behind a proxy.
//!
//! Not here: permission to send one, and reading from a socket. Invariant: it accepts exactly the headers
//! that the specification allows; a receiver must drop the connection otherwise.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Length of the longest version 1 header, with its CR LF (section 2.1).
pub const V1_BYTES_MAX: usize = 107;
/// The first bytes of a version 2 header (section 2.2).
pub const V2_SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Length of a version 2 header before its addresses.
pub const V2_FIXED_BYTES: usize = 16;

/// An invalid header. The receiver must drop the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Parses a version 1 header without its line ending. Returns the client's address, or `None` if the proxy
/// does not know it and its own address applies.
///
/// # Errors
/// Anything that is not such a header.
pub fn v1(line: &str) -> Result<Option<IpAddr>, Malformed> {
    if line.len() + 2 > V1_BYTES_MAX {
        return Err(Malformed);
    }
    let rest = line.strip_prefix("PROXY ").ok_or(Malformed)?;
    // "The receiver must ignore anything presented before the CRLF" after UNKNOWN.
    if rest == "UNKNOWN" || rest.starts_with("UNKNOWN ") {
        return Ok(None);
    }
    let words: Vec<&str> = rest.split(' ').collect();
    let [family, source, destination, source_port, destination_port] = words[..] else {
        return Err(Malformed);
    };
    for port in [source_port, destination_port] {
        port.parse::<u16>().map_err(|_| Malformed)?;
    }
    address(family, destination)?;
    address(family, source).map(|ip| Some(ip.to_canonical()))
}

fn address(family: &str, text: &str) -> Result<IpAddr, Malformed> {
    match family {
        "TCP4" => text.parse().map(IpAddr::V4).map_err(|_| Malformed),
        "TCP6" => text.parse().map(IpAddr::V6).map_err(|_| Malformed),
        _ => Err(Malformed),
    }
}

/// Returns the number of bytes after the fixed part of a version 2 header.
///
/// # Errors
/// Anything that is not such a header.
pub fn v2_rest_bytes(fixed: &[u8; V2_FIXED_BYTES]) -> Result<usize, Malformed> {
    let is_version_2 = fixed.starts_with(&V2_SIGNATURE) && fixed[12] >> 4 == 2;
    let length = u16::from_be_bytes([fixed[14], fixed[15]]);
    if is_version_2 { Ok(length.into()) } else { Err(Malformed) }
}

/// Parses a version 2 header. `rest` is the part after the fixed one; only its addresses matter, and the
/// extensions (TLVs) after them can be missing. Returns the client's address, or `None` if the connection is
/// the proxy's own (LOCAL) or does not use IP.
///
/// # Errors
/// Anything that is not such a header.
pub fn v2(fixed: &[u8; V2_FIXED_BYTES], rest: &[u8]) -> Result<Option<IpAddr>, Malformed> {
    v2_rest_bytes(fixed)?;
    match fixed[12] & 0x0f {
        0 => return Ok(None),
        1 => {}
        _ => return Err(Malformed),
    }
    // Both addresses and both ports must be present, though only the source is used.
    let ip = match fixed[13] >> 4 {
        1 if rest.len() >= 2 * 4 + 4 => {
            IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(&rest[..4]).map_err(|_| Malformed)?))
        }
        2 if rest.len() >= 2 * 16 + 4 => {
            IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(&rest[..16]).map_err(|_| Malformed)?))
        }
        0 | 3 => return Ok(None),
        _ => return Err(Malformed),
    };
    Ok(Some(ip.to_canonical()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(text: &str) -> Result<Option<IpAddr>, Malformed> {
        Ok(Some(text.parse().unwrap()))
    }

    #[test]
    fn version_1_names_the_source() {
        for (line, wanted) in [
            ("PROXY TCP4 192.0.2.7 198.51.100.1 65533 6667", ip("192.0.2.7")),
            ("PROXY TCP6 ::1 2001:db8::1 1 2", ip("::1")),
            ("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2", ip("192.0.2.7")),
            ("PROXY UNKNOWN", Ok(None)),
            ("PROXY UNKNOWN whatever is here", Ok(None)),
            ("PROXY UNKNOWNS", Err(Malformed)),
            ("PROXY", Err(Malformed)),
            ("proxy TCP4 192.0.2.7 198.51.100.1 1 2", Err(Malformed)),
            ("PROXY TCP4 ::1 ::1 1 2", Err(Malformed)),
            ("PROXY TCP6 192.0.2.7 198.51.100.1 1 2", Err(Malformed)),
            ("PROXY UDP4 192.0.2.7 198.51.100.1 1 2", Err(Malformed)),
            ("PROXY TCP4 192.0.2.7 198.51.100.1 1", Err(Malformed)),
            ("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3", Err(Malformed)),
            ("PROXY TCP4 192.0.2.7  198.51.100.1 1 2", Err(Malformed)),
            ("PROXY TCP4 192.0.2.7 198.51.100.1 1 65536", Err(Malformed)),
            ("PROXY TCP4 192.0.2.7 irc.example 1 2", Err(Malformed)),
        ] {
            assert_eq!(v1(line), wanted, "{line}");
        }
        assert_eq!(v1(&format!("PROXY UNKNOWN {}", "x".repeat(100))), Err(Malformed));
    }

    fn header(command: u8, family: u8, length: u16) -> [u8; V2_FIXED_BYTES] {
        let mut fixed = [0; V2_FIXED_BYTES];
        fixed[..12].copy_from_slice(&V2_SIGNATURE);
        (fixed[12], fixed[13]) = (command, family);
        fixed[14..].copy_from_slice(&length.to_be_bytes());
        fixed
    }

    #[test]
    fn version_2_names_the_source_and_may_have_extensions() {
        let mut rest = vec![192, 0, 2, 7, 198, 51, 100, 1, 0, 1, 0, 2];
        assert_eq!(v2(&header(0x21, 0x11, 12), &rest), ip("192.0.2.7"));
        rest.extend([0xea, 0, 1, b'?']);
        assert_eq!(v2(&header(0x21, 0x11, 16), &rest), ip("192.0.2.7"));
        let mut six = vec![0; 36];
        six[..2].copy_from_slice(&[0x20, 1]);
        assert_eq!(v2(&header(0x21, 0x21, 36), &six), ip("2001::"));
    }

    #[test]
    fn version_2_without_an_address_means_the_proxy_itself() {
        assert_eq!(v2(&header(0x20, 0x00, 0), &[]), Ok(None));
        assert_eq!(v2(&header(0x20, 0x11, 12), &[1; 12]), Ok(None));
        assert_eq!(v2(&header(0x21, 0x00, 0), &[]), Ok(None));
        assert_eq!(v2(&header(0x21, 0x31, 216), &[b'/'; 216]), Ok(None));
    }

    #[test]
    fn anything_else_is_malformed() {
        assert_eq!(v2(&header(0x21, 0x11, 11), &[1; 11]), Err(Malformed));
        assert_eq!(v2(&header(0x21, 0x21, 35), &[1; 35]), Err(Malformed));
        assert_eq!(v2(&header(0x22, 0x11, 12), &[1; 12]), Err(Malformed));
        assert_eq!(v2(&header(0x11, 0x11, 12), &[1; 12]), Err(Malformed));
        assert_eq!(v2(&header(0x21, 0x41, 12), &[1; 12]), Err(Malformed));
        assert_eq!(v2_rest_bytes(b"NICK a\r\nUSER a 0"), Err(Malformed));
    }

    proptest! {
        #[test]
        fn version_1_headers_of_any_address_are_parsed(source: IpAddr, port: u16) {
            let line = match source {
                IpAddr::V4(v4) => format!("PROXY TCP4 {v4} 192.0.2.1 {port} 6667"),
                IpAddr::V6(v6) => format!("PROXY TCP6 {v6} ::1 {port} 6667"),
            };
            prop_assert_eq!(v1(&line), Ok(Some(source.to_canonical())));
        }

        #[test]
        fn parsing_any_bytes_does_not_panic(fixed: [u8; V2_FIXED_BYTES], rest: Vec<u8>, line: String) {
            let _ = v2(&fixed, &rest);
            let mut signed = fixed;
            signed[..12].copy_from_slice(&V2_SIGNATURE);
            let _ = v2(&signed, &rest);
            let _ = v1(&format!("PROXY {line}"));
        }
    }
}

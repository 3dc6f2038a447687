//! Types for values that are one of a fixed set of words, and for networks.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::text::CaseMapping;

/// A set of words that a key accepts.
pub trait Word: Sized + Copy + 'static {
    /// All spellings with their meanings, the recommended ones first.
    const WORDS: &'static [(&'static str, Self)];
    /// A description of the set, for messages.
    const EXPECTED: &'static str;
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $expected:literal {
        $( $(#[$doc:meta])* $variant:ident = $($word:literal)|+ ),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $( $(#[$doc])* $variant, )* }

        impl Word for $name {
            const WORDS: &'static [(&'static str, Self)] = &[ $( $( ($word, $name::$variant), )+ )* ];
            const EXPECTED: &'static str = $expected;
        }
    };
}

impl Word for CaseMapping {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("ascii", CaseMapping::Ascii),
        ("precis", CaseMapping::Precis),
        ("rfc7613", CaseMapping::Precis),
        ("rfc8265", CaseMapping::Precis),
        ("permissive", CaseMapping::Permissive),
        ("fun", CaseMapping::Permissive),
        ("rfc1459", CaseMapping::Rfc1459),
        ("rfc1459-strict", CaseMapping::Rfc1459Strict),
    ];
    const EXPECTED: &'static str = "`ascii`, `precis`, `permissive`, `rfc1459` or `rfc1459-strict`";
}

words! {
    /// Whether a feature is decided by the server or by the user.
    PersistentStatus, "`disabled`, `opt-in`, `opt-out`, `mandatory`, `true` or `false`" {
        /// Off for all users.
        Disabled = "disabled" | "default" | "" | "off" | "false" | "f" | "no" | "n",
        /// Off unless the user enables it.
        OptIn = "opt-in",
        /// On unless the user disables it.
        OptOut = "opt-out",
        /// On for all users.
        Mandatory = "mandatory" | "enabled" | "on" | "true" | "t" | "yes" | "y",
    }
}

words! {
    /// What happens to users whose nickname is reserved for another account.
    NickEnforcement, "`strict`, `optional` or `none`" {
        /// They cannot use it.
        Strict = "strict" | "timeout" | "with-timeout",
        /// The owner of the nickname decides; by default, nothing happens.
        Optional = "optional" | "default",
        /// Nothing happens.
        None = "none",
    }
}

words! {
    /// How far back a user can read the history of a channel.
    HistoryCutoff, "`none`, `registration-time` or `join-time`" {
        /// To the beginning.
        None = "none" | "default" | "disabled" | "off" | "false",
        /// To the registration of the user's account.
        RegistrationTime = "registration-time",
        /// To when the user joined.
        JoinTime = "join-time",
    }
}

words! {
    /// Minimum TLS version. Versions before 1.2 are accepted and mean 1.2.
    TlsVersion, "a TLS version, `1.2` or `1.3`" {
        /// TLS 1.2, RFC 5246.
        Tls12 = "1.2" | "v1.2" | "1.1" | "v1.1" | "1.0" | "v1.0" | "1" | "v1"
            | "tls1.2" | "tlsv1.2" | "tlsv1.1" | "tlsv1.0" | "tlsv1",
        /// TLS 1.3, RFC 8446.
        Tls13 = "1.3" | "v1.3" | "tls1.3" | "tlsv1.3",
    }
}

words! {
    /// Minimum level of log records.
    LogLevel, "a log level: `debug`, `info`, `warn` or `error`" {
        /// Everything.
        Debug = "debug",
        /// Normal operation.
        Info = "info",
        /// Possible problems.
        Warn = "warn" | "warning" | "warnings",
        /// Problems.
        Error = "error" | "errors",
    }
}

words! {
    /// A destination of log records.
    LogMethod, "one or more of `stderr`, `stdout` and `file`" {
        /// Standard error.
        Stderr = "stderr",
        /// Standard output.
        Stdout = "stdout",
        /// The file named by `filename`.
        File = "file",
    }
}

words! {
    /// Format of log records.
    LogFormat, "`text` or `json`" {
        /// Text in columns.
        Text = "text",
        /// One JSON object per line.
        Json = "json",
    }
}

words! {
    /// Syntax of patterns for email addresses.
    PatternSyntax, "`glob` or `regex`" {
        /// Wildcards `*` and `?`.
        Glob = "glob",
        /// Regular expressions.
        Regex = "regex",
    }
}

words! {
    /// IP version for outgoing email.
    MailProtocol, "`tcp`, `tcp4` or `tcp6`" {
        /// Either.
        Tcp = "tcp",
        /// IPv4 only.
        Tcp4 = "tcp4",
        /// IPv6 only.
        Tcp6 = "tcp6",
    }
}

words! {
    /// A family of signature algorithms for JSON Web Tokens.
    JwtAlgorithm, "`hmac`, `rsa` or `eddsa`" {
        /// A shared secret: HS256 or a longer hash.
        Hmac = "hmac",
        /// An RSA key pair: RS256 or a longer hash.
        Rsa = "rsa",
        /// An Ed25519 key pair.
        Eddsa = "eddsa",
    }
}

words! {
    /// TLS mode of a connection to PostgreSQL.
    SslMode, "`disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`" {
        /// No TLS.
        Disable = "disable",
        /// TLS only if the server requires it.
        Allow = "allow",
        /// TLS if the server supports it.
        Prefer = "prefer",
        /// TLS without verifying the server.
        Require = "require",
        /// TLS with a certificate from the right authority.
        VerifyCa = "verify-ca",
        /// Like `VerifyCa`, and the certificate must be valid for the hostname.
        VerifyFull = "verify-full",
    }
}

/// A network. IPv4 networks are stored and compared as IPv6 (`::ffff:0:0/96`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Net {
    bits: u128,
    prefix_len: u8,
}

impl Net {
    /// The IPv4 loopback range.
    pub const LOOPBACK_V4: Net = Net { bits: 0xffff_7f00_0000, prefix_len: 104 };
    /// The IPv6 loopback address.
    pub const LOOPBACK_V6: Net = Net { bits: 1, prefix_len: 128 };

    /// Parses an address or a CIDR range; host bits are cleared.
    pub fn parse(text: &str) -> Option<Net> {
        let (addr, len) = match text.split_once('/') {
            Some((addr, len)) if len.bytes().all(|b| b.is_ascii_digit()) => {
                (addr, Some(len.parse::<u8>().ok()?))
            }
            Some(_) => return None,
            None => (text, None),
        };
        let addr: IpAddr = addr.parse().ok()?;
        let width = if addr.is_ipv4() { 32 } else { 128 };
        let len = len.unwrap_or(width);
        if len > width {
            return None;
        }
        let prefix_len = len + (128 - width);
        Some(Net { bits: bits_of(addr) & mask(prefix_len), prefix_len })
    }

    /// Returns the network with a prefix length (0 to 128, IPv4 mapped to IPv6) that contains an address.
    pub fn around(addr: IpAddr, prefix_len: u8) -> Net {
        Net { bits: bits_of(addr) & mask(prefix_len), prefix_len }
    }

    /// Returns the address if there is only one.
    pub fn single(&self) -> Option<IpAddr> {
        (self.prefix_len == 128).then(|| IpAddr::V6(Ipv6Addr::from_bits(self.bits)).to_canonical())
    }

    /// Returns whether all addresses of the network are loopback addresses.
    pub fn is_loopback(&self) -> bool {
        let v4 = Net::around(IpAddr::from([127, 0, 0, 0]), 96 + 8);
        let is_v4 = self.prefix_len >= v4.prefix_len && self.bits & mask(v4.prefix_len) == v4.bits;
        is_v4 || self.single().is_some_and(|addr| addr.is_loopback())
    }

    /// Returns the prefix length, with IPv4 mapped to IPv6.
    pub fn prefix_len(&self) -> u8 {
        self.prefix_len
    }

    /// Returns whether the network contains an address.
    pub fn contains(&self, addr: IpAddr) -> bool {
        bits_of(addr) & mask(self.prefix_len) == self.bits
    }
}

impl fmt::Display for Net {
    /// Writes the usual notation: `192.0.2.0/24`, or a single address without a length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (addr, width) = match Ipv6Addr::from_bits(self.bits).to_ipv4_mapped() {
            Some(v4) if self.prefix_len >= 96 => (IpAddr::V4(v4), 32),
            _ => (IpAddr::V6(Ipv6Addr::from_bits(self.bits)), 128),
        };
        match self.prefix_len {
            128 => write!(f, "{addr}"),
            len => write!(f, "{addr}/{}", len - (128 - width)),
        }
    }
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv6Addr::from_bits(self.bits), self.prefix_len)
    }
}

fn bits_of(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn mask(prefix_len: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(prefix_len)).unwrap_or(0)
}

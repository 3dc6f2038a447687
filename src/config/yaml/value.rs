//! The closed sets of words that keys take, as types.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::text::CaseMapping;

/// A set of words a key may have as its value.
pub trait Word: Sized + Copy + 'static {
    /// Every spelling, the one to recommend first, with its meaning.
    const WORDS: &'static [(&'static str, Self)];
    /// What to call such a value in a message.
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
    /// Who decides about something that outlives a connection: the server or the user.
    PersistentStatus, "`disabled`, `opt-in`, `opt-out`, `mandatory`, `true` or `false`" {
        /// Off for everyone.
        Disabled = "disabled" | "default" | "" | "off" | "false" | "f" | "no" | "n",
        /// Off unless the user turns it on.
        OptIn = "opt-in",
        /// On unless the user turns it off.
        OptOut = "opt-out",
        /// On for everyone.
        Mandatory = "mandatory" | "enabled" | "on" | "true" | "t" | "yes" | "y",
    }
}

words! {
    /// What happens to someone using a nickname that belongs to an account not theirs.
    NickEnforcement, "`strict`, `optional` or `none`" {
        /// They cannot use it.
        Strict = "strict" | "timeout" | "with-timeout",
        /// As the owner of the nickname wishes; nothing when the owner has said nothing.
        Optional = "optional" | "default",
        /// Nothing.
        None = "none",
    }
}

words! {
    /// From when on a user may see the history of a channel.
    HistoryCutoff, "`none`, `registration-time` or `join-time`" {
        /// From the beginning.
        None = "none" | "default" | "disabled" | "off" | "false",
        /// From when their account was registered.
        RegistrationTime = "registration-time",
        /// From when they joined.
        JoinTime = "join-time",
    }
}

words! {
    /// The oldest TLS version to be spoken. Older ones than 1.2 are understood and mean 1.2.
    TlsVersion, "a TLS version, `1.2` or `1.3`" {
        /// TLS 1.2, RFC 5246.
        Tls12 = "1.2" | "v1.2" | "1.1" | "v1.1" | "1.0" | "v1.0" | "1" | "v1" | "tls1.2" | "tlsv1.2" | "tlsv1.1"
            | "tlsv1.0" | "tlsv1",
        /// TLS 1.3, RFC 8446.
        Tls13 = "1.3" | "v1.3" | "tls1.3" | "tlsv1.3",
    }
}

words! {
    /// Importance of log records; those below are left out.
    LogLevel, "a log level: `debug`, `info`, `warn` or `error`" {
        /// All that happens.
        Debug = "debug",
        /// What an operator may want to know.
        Info = "info",
        /// What may need attention.
        Warn = "warn" | "warning" | "warnings",
        /// What needs attention.
        Error = "error" | "errors",
    }
}

words! {
    /// A place for log records.
    LogMethod, "words out of `stderr`, `stdout` and `file`" {
        /// Standard error.
        Stderr = "stderr",
        /// Standard output.
        Stdout = "stdout",
        /// The file named by `filename`.
        File = "file",
    }
}

words! {
    /// The form of log records.
    LogFormat, "`text` or `json`" {
        /// Columns.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

words! {
    /// How the entries of a list of addresses are written.
    PatternSyntax, "`glob` or `regex`" {
        /// With `*` and `?`.
        Glob = "glob",
        /// As regular expressions.
        Regex = "regex",
    }
}

words! {
    /// IP versions for outgoing mail.
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
    /// A family of signatures of JSON web tokens.
    JwtAlgorithm, "`hmac`, `rsa` or `eddsa`" {
        /// A shared secret, HS256 and longer.
        Hmac = "hmac",
        /// An RSA key pair, RS256 and longer.
        Rsa = "rsa",
        /// An Ed25519 key pair.
        Eddsa = "eddsa",
    }
}

words! {
    /// How a connection to PostgreSQL is secured.
    SslMode, "`disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`" {
        /// Not at all.
        Disable = "disable",
        /// Only if the server insists.
        Allow = "allow",
        /// If the server can.
        Prefer = "prefer",
        /// Encrypted, to whomever.
        Require = "require",
        /// Encrypted, to a server with a certificate of the right authority.
        VerifyCa = "verify-ca",
        /// In addition the certificate must name the host.
        VerifyFull = "verify-full",
    }
}

/// A range of IP addresses. IPv4 is kept, and compared, as IPv6 (`::ffff:0:0/96`).
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

    /// Reads an address or a CIDR range; host bits are cleared.
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

    /// The range of a size (a prefix of 0 to 128 bits, IPv4 taken as IPv6) in which an address lies.
    pub fn around(addr: IpAddr, prefix_len: u8) -> Net {
        Net { bits: bits_of(addr) & mask(prefix_len), prefix_len }
    }

    /// The address, if there is only one.
    pub fn single(&self) -> Option<IpAddr> {
        (self.prefix_len == 128).then(|| IpAddr::V6(Ipv6Addr::from_bits(self.bits)).to_canonical())
    }

    /// Whether all addresses of the range are the machine's own.
    pub fn is_loopback(&self) -> bool {
        let v4 = Net::around(IpAddr::from([127, 0, 0, 0]), 96 + 8);
        let is_v4 = self.prefix_len >= v4.prefix_len && self.bits & mask(v4.prefix_len) == v4.bits;
        is_v4 || self.single().is_some_and(|addr| addr.is_loopback())
    }

    /// Bits that all addresses of the range begin with, IPv4 taken as IPv6.
    pub fn prefix_len(&self) -> u8 {
        self.prefix_len
    }

    /// Whether an address lies in the range.
    pub fn contains(&self, addr: IpAddr) -> bool {
        bits_of(addr) & mask(self.prefix_len) == self.bits
    }
}

impl fmt::Display for Net {
    /// As people write it: `192.0.2.0/24`; a single address without its length.
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

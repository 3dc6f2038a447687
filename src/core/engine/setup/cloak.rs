//! Cloaks: hosts that show a hash of the address instead of the address. They are compatible with Ergo's, so
//! that bans set there still match.

use std::net::IpAddr;

use data_encoding::{Encoding, Specification};
use sha3::{Digest, Sha3_512};

use crate::config::IpCloaking;

/// Makes cloaks.
#[derive(Debug)]
pub struct Cloak {
    enabled: bool,
    for_accounts: bool,
    netname: String,
    v4_bits: u8,
    v6_bits: u8,
    shown_bits: u16,
    secret: String,
    base32: Encoding,
}

impl Cloak {
    /// Returns the cloaks of a configuration. `secret` is from the datastore; a secret in the configuration
    /// takes precedence.
    pub fn new(config: &IpCloaking, secret: &str) -> Cloak {
        let mut alphabet = Specification::new();
        alphabet.symbols.push_str("abcdefghijkmnpqrstuvwxyz23456789");
        Cloak {
            enabled: config.enabled,
            for_accounts: config.enabled_for_always_on,
            netname: config.netname.clone(),
            v4_bits: config.cidr_len_ipv4,
            v6_bits: config.cidr_len_ipv6,
            shown_bits: config.num_bits.min(256),
            secret: if config.secret.is_empty() { secret.to_owned() } else { config.secret.clone() },
            base32: alphabet.encoding().expect("32 distinct symbols"),
        }
    }

    /// Returns the host to show for an address; `None` if cloaks are disabled.
    pub fn host(&self, ip: IpAddr) -> Option<String> {
        if !self.enabled {
            return None;
        }
        let (octets, bits) = match ip.to_canonical() {
            IpAddr::V4(v4) => (v4.to_ipv6_mapped().octets(), 96 + u32::from(self.v4_bits)),
            IpAddr::V6(v6) => (v6.octets(), u32::from(self.v6_bits)),
        };
        let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
        let masked = u128::from_be_bytes(octets) & mask;
        Some(self.hashed(&masked.to_be_bytes()))
    }

    /// Returns the host of an always-on user, made from the name of the account; `None` if the configuration
    /// does not enable such hosts.
    pub fn account(&self, name: &str) -> Option<String> {
        self.of_account(name).filter(|_| self.for_accounts)
    }

    /// Returns a host made from the name of an account; `None` if no network name is configured for cloaks.
    pub fn of_account(&self, name: &str) -> Option<String> {
        // An address has 16 bytes; 16 zeros and a name never equal one.
        (!self.netname.is_empty()).then(|| self.hashed(&[&[0; 16], name.as_bytes()].concat()))
    }

    fn hashed(&self, bytes: &[u8]) -> String {
        if self.shown_bits == 0 {
            return self.netname.clone();
        }
        let digest = Sha3_512::new().chain_update(self.secret.as_bytes()).chain_update(bytes).finalize();
        let shown = &digest[..usize::from(self.shown_bits.div_ceil(8))];
        format!("{}.{}", self.base32.encode(shown), self.netname)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloak(num_bits: u16) -> Cloak {
        let config = IpCloaking { enabled: true, num_bits, netname: "oragono".into(), ..Default::default() };
        Cloak::new(&config, "_BdVPWB5sray7McbFmeuJL996yaLgG4l9tEyficGXKg")
    }

    #[test]
    fn one_network_has_one_cloak() {
        let host = |text: &str| cloak(80).host(text.parse().unwrap()).unwrap();
        assert_eq!(host("2001:db8::1"), host("2001:db8::2"));
        assert_ne!(host("2001:db8::1"), host("2001:db8:0:1::1"));
        assert_ne!(host("8.8.8.8"), host("8.8.4.4"));
        assert_eq!(host("8.8.8.8"), host("::ffff:8.8.8.8"));
        assert!(host("8.8.8.8").ends_with(".oragono"));
        assert_eq!(host("8.8.8.8").len(), 16 + ".oragono".len());
    }

    /// The expected values are those of Ergo.
    #[test]
    fn an_account_has_a_cloak() {
        let config = IpCloaking {
            enabled_for_always_on: true,
            num_bits: 80,
            netname: "oragono".into(),
            ..Default::default()
        };
        let secret = "_BdVPWB5sray7McbFmeuJL996yaLgG4l9tEyficGXKg";
        let cloaks = Cloak::new(&config, secret);
        assert_eq!(cloaks.account("shivaram").as_deref(), Some("8yu8kunudb45ztxm.oragono"));
        assert_eq!(cloaks.account("SHIVARAM").as_deref(), Some("bgx32x4r7qzih4uh.oragono"));
        assert_eq!(cloaks.host("8.8.8.8".parse().unwrap()), None);
        assert_eq!(cloak(80).account("shivaram"), None);
    }

    #[test]
    fn no_bits_show_only_the_network() {
        assert_eq!(cloak(0).host("8.8.8.8".parse().unwrap()).unwrap(), "oragono");
    }
}

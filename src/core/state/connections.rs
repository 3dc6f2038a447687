//! Counts current and recent connections of hosts and groups of networks. The engine decides how many are
//! too many.
//!
//! Invariants: a host's open connections are those of the sessions that hold its key. A host without
//! connections is dropped soon after the end of its window, or earlier if there are [`HOSTS_MAX`] hosts.

use std::net::IpAddr;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The maximum number of hosts without connections.
pub const HOSTS_MAX: usize = 1 << 16;
/// The number of hosts examined for removal with each new connection.
const SWEEP: usize = 4;

/// The connections that are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Key {
    /// A network: its first address and the length of its prefix, IPv4 as IPv6 (`::ffff:0:0/96`).
    Net([u8; 16], u8),
    /// A named group of networks.
    Group(Box<str>),
    /// All connections from Tor.
    Tor,
}

impl Key {
    /// Returns the network of an address, given the prefix length for each protocol.
    pub fn net(ip: IpAddr, v4_bits: u8, v6_bits: u8) -> Key {
        let (octets, bits) = match ip.to_canonical() {
            IpAddr::V4(v4) => (v4.to_ipv6_mapped().octets(), 96 + v4_bits.min(32)),
            IpAddr::V6(v6) => (v6.octets(), v6_bits.min(128)),
        };
        let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
        Key::Net((u128::from_be_bytes(octets) & mask).to_be_bytes(), bits)
    }
}

/// The counts of a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Open connections.
    pub open: u32,
    /// Connections made since the window began.
    pub made: u32,
    /// When the window ends, in milliseconds on the monotonic clock.
    pub window_ends_ms: u64,
}

impl Usage {
    /// Returns the number of connections made in the current window.
    pub fn recent(&self, mono_ms: u64) -> u32 {
        if mono_ms < self.window_ends_ms { self.made } else { 0 }
    }
}

/// The counts of all hosts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Connections {
    hosts: IndexMap<Key, Usage>,
    /// The index at which the next search for hosts to drop begins.
    sweep_at: usize,
}

impl Connections {
    /// Returns the counts of a host.
    pub fn usage(&self, key: &Key) -> Usage {
        self.hosts.get(key).copied().unwrap_or_default()
    }

    /// Returns the number of hosts.
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Returns whether there are no hosts.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// Returns the number of open connections of all hosts.
    pub fn open(&self) -> usize {
        self.hosts.values().map(|usage| usage.open as usize).sum()
    }

    /// Counts a new connection; starts a new window if the last one is over.
    pub(super) fn enter(&mut self, key: &Key, mono_ms: u64, window_ms: u64) {
        self.sweep(mono_ms);
        let usage = self.hosts.entry(key.clone()).or_default();
        if mono_ms >= usage.window_ends_ms {
            (usage.made, usage.window_ends_ms) = (0, mono_ms + window_ms);
        }
        usage.made += 1;
        usage.open += 1;
    }

    /// Counts a closed connection.
    pub(super) fn leave(&mut self, key: &Key) {
        if let Some(usage) = self.hosts.get_mut(key) {
            usage.open = usage.open.saturating_sub(1);
        }
    }

    /// Resets the recent connections of a host; open ones still count.
    pub(super) fn reset_recent(&mut self, key: &Key) {
        if let Some(usage) = self.hosts.get_mut(key) {
            usage.made = 0;
        }
    }

    fn sweep(&mut self, mono_ms: u64) {
        let full = self.hosts.len() >= HOSTS_MAX;
        for _ in 0..SWEEP.min(self.hosts.len()) {
            if self.sweep_at >= self.hosts.len() {
                self.sweep_at = 0;
            }
            let usage = self.hosts.get_index(self.sweep_at).map(|(_, usage)| *usage).unwrap_or_default();
            if usage.open == 0 && (full || mono_ms >= usage.window_ends_ms) {
                // The last host takes its place and is examined next.
                self.hosts.swap_remove_index(self.sweep_at);
            } else {
                self.sweep_at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key::net(text.parse().unwrap(), 24, 64)
    }

    #[test]
    fn addresses_of_a_network_count_as_one_host() {
        assert_eq!(key("192.0.2.1"), key("192.0.2.255"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.2"));
        assert_ne!(key("192.0.2.1"), key("192.0.3.1"));
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(Key::net("1.2.3.4".parse().unwrap(), 0, 0), Key::net("4.3.2.1".parse().unwrap(), 0, 0));
        assert_eq!(Key::net("1::".parse().unwrap(), 0, 0), Key::net("2::".parse().unwrap(), 0, 0));
    }

    #[test]
    fn a_window_has_a_fixed_length() {
        let (mut limits, host) = (Connections::default(), key("192.0.2.1"));
        limits.enter(&host, 1000, 500);
        limits.enter(&host, 1400, 500);
        assert_eq!(limits.usage(&host).recent(1499), 2);
        assert_eq!(limits.usage(&host).recent(1500), 0);
        limits.enter(&host, 1500, 500);
        assert_eq!(limits.usage(&host), Usage { open: 3, made: 1, window_ends_ms: 2000 });
        limits.leave(&host);
        assert_eq!(limits.usage(&host).open, 2);
        limits.reset_recent(&host);
        assert_eq!(limits.usage(&host), Usage { open: 2, made: 0, window_ends_ms: 2000 });
    }

    #[test]
    fn hosts_without_connections_are_dropped() {
        let mut limits = Connections::default();
        for n in 0..100_000_u32 {
            let host = Key::net(IpAddr::from(n.to_be_bytes()), 32, 64);
            limits.enter(&host, n.into(), 1000);
            limits.leave(&host);
            assert!(limits.len() <= 2000, "{}", limits.len());
        }
        for n in 0..100_000_u32 {
            let host = Key::net(IpAddr::from(n.to_be_bytes()), 32, 64);
            limits.enter(&host, 200_000, u64::MAX / 2);
            limits.leave(&host);
            assert!(limits.len() <= HOSTS_MAX + 1, "{}", limits.len());
        }
        assert_eq!(limits.open(), 0);
    }

    #[test]
    fn a_host_with_connections_stays() {
        let (mut limits, host) = (Connections::default(), key("192.0.2.1"));
        limits.enter(&host, 0, 1);
        for n in 0..1000_u32 {
            let other = Key::net(IpAddr::from(n.to_be_bytes()), 32, 64);
            limits.enter(&other, 10 + u64::from(n), 1);
            limits.leave(&other);
        }
        assert_eq!(limits.usage(&host).open, 1);
    }
}

//! Bans from the server, by address (D-lines) and by mask (K-lines), with lookups that do not scan all of
//! them.
//!
//! The engine decides which users a ban affects. Invariant: each ban is stored under the key that follows
//! from its text.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::config::Net;
use crate::text::{CaseMapping, Mask};

/// The properties of a ban of either kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BanInfo {
    /// The operator who set it.
    pub by: Box<str>,
    /// The reason shown to banned users.
    pub reason: Box<str>,
    /// The reason shown to operators only.
    pub oper_reason: Box<str>,
    /// Whether users who log in are exempt.
    pub require_sasl: bool,
    /// When it was set, in milliseconds since 1970.
    pub at_ms: u64,
    /// The duration; `None` means permanently.
    pub duration_ms: Option<u64>,
}

impl BanInfo {
    /// Returns whether it has not expired.
    pub fn holds(&self, wall_ms: u64) -> bool {
        self.duration_ms.is_none_or(|duration_ms| wall_ms < self.at_ms.saturating_add(duration_ms))
    }
}

/// The target of a ban.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BanTarget {
    /// Connections from a range of addresses (D-line).
    Net(Net),
    /// Users that match a mask (K-line).
    Mask(Mask),
}

impl BanTarget {
    /// Parses a mask for a ban from the server; rejects mutes.
    pub fn mask(mapping: CaseMapping, raw: &str) -> Option<BanTarget> {
        Mask::parse(mapping, raw).filter(|mask| !mask.is_mute()).map(BanTarget::Mask)
    }

    /// Returns the key of the ban: `d/<range>` or `k/<mask>`.
    pub fn key(&self) -> String {
        match self {
            BanTarget::Net(net) => format!("d/{net}"),
            BanTarget::Mask(mask) => format!("k/{mask}"),
        }
    }
}

impl fmt::Display for BanTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BanTarget::Net(net) => net.fmt(f),
            BanTarget::Mask(mask) => mask.fmt(f),
        }
    }
}

type MaskBans = BTreeMap<Box<str>, (Mask, BanInfo)>;

/// All bans. Expired ones stay until they are removed, but lookups ignore them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Bans {
    /// By prefix length: a lookup takes one step for each length in use.
    nets: BTreeMap<u8, BTreeMap<Net, BanInfo>>,
    /// By the literal end of the host ([`literal_end`]): a lookup takes one step for each label of a host.
    masks: BTreeMap<Box<str>, MaskBans>,
}

impl Bans {
    /// Returns the number of bans.
    pub fn count(&self) -> usize {
        self.nets.values().map(BTreeMap::len).sum::<usize>()
            + self.masks.values().map(BTreeMap::len).sum::<usize>()
    }

    /// Returns the ban on exactly this target, expired or not.
    pub fn get(&self, target: &BanTarget) -> Option<&BanInfo> {
        match target {
            BanTarget::Net(net) => self.nets.get(&net.prefix_len())?.get(net),
            BanTarget::Mask(mask) => self.get_mask(mask.as_str()),
        }
    }

    /// Returns the ban with a key.
    pub(super) fn by_key(&self, key: &str) -> Option<&BanInfo> {
        match key.split_once('/')? {
            ("d", net) => self.get(&BanTarget::Net(Net::parse(net)?)),
            (_, mask) => self.get_mask(mask),
        }
    }

    fn get_mask(&self, mask: &str) -> Option<&BanInfo> {
        self.masks.get(literal_end(mask))?.get(mask).map(|(_, info)| info)
    }

    /// Returns the bans on ranges that contain an address, the widest first.
    pub fn over_address(&self, ip: IpAddr, wall_ms: u64) -> impl Iterator<Item = (Net, &BanInfo)> {
        let found = self.nets.iter().filter_map(move |(&len, bans)| {
            let net = Net::around(ip, len);
            bans.get(&net).map(|info| (net, info))
        });
        found.filter(move |(_, info)| info.holds(wall_ms))
    }

    /// Returns the bans whose masks match a user, given as a result of [`crate::text::folded_nuh`].
    pub fn over_mask<'s, 'n>(
        &'s self,
        folded_nuh: &'n str,
        wall_ms: u64,
    ) -> impl Iterator<Item = (&'s Mask, &'s BanInfo)> + use<'s, 'n> {
        let host = folded_nuh.rsplit_once('@').map_or(folded_nuh, |(_, host)| host);
        let labels = host.char_indices().filter(|(_, c)| *c == '.').map(|(at, _)| &host[at + 1..]);
        let ends = [host].into_iter().chain(labels).chain(Some("").filter(|_| !host.ends_with('.')));
        let bans = ends.filter_map(|end| self.masks.get(end)).flat_map(BTreeMap::values);
        let bans = bans.filter(move |(mask, info)| info.holds(wall_ms) && mask.matches(folded_nuh));
        bans.map(|(mask, info)| (mask, info))
    }

    /// Returns all bans: those on addresses, then those on masks.
    pub fn all(&self) -> impl Iterator<Item = (BanTarget, &BanInfo)> {
        let nets = self.nets.values().flatten().map(|(net, info)| (BanTarget::Net(*net), info));
        let masks = self.masks.values().flat_map(BTreeMap::values);
        nets.chain(masks.map(|(mask, info)| (BanTarget::Mask(mask.clone()), info)))
    }

    /// Sets a ban, replacing an earlier one on the same target, or (`None`) removes it.
    pub(super) fn set(&mut self, target: BanTarget, info: Option<BanInfo>) {
        match target {
            BanTarget::Net(net) => {
                let bans = self.nets.entry(net.prefix_len()).or_default();
                match info {
                    Some(info) => bans.insert(net, info),
                    None => bans.remove(&net),
                };
                self.nets.retain(|_, bans| !bans.is_empty());
            }
            BanTarget::Mask(mask) => {
                let key: Box<str> = mask.as_str().into();
                let bans = self.masks.entry(literal_end(&key).into()).or_default();
                match info {
                    Some(info) => bans.insert(key, (mask, info)),
                    None => bans.remove(&key),
                };
                self.masks.retain(|_, bans| !bans.is_empty());
            }
        }
    }
}

/// Returns the end that all hosts matched by a mask share, in whole labels: `example.org` for
/// `*!*@*.example.org`, the whole host for a mask without wildcards, nothing for `*!*@192.0.2.*`.
fn literal_end(mask: &str) -> &str {
    let host = mask.rsplit_once('@').map_or(mask, |(_, host)| host);
    match host.rfind(['*', '?']) {
        None => host,
        Some(wild) => host[wild + 1..].split_once('.').map_or("", |(_, end)| end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(duration_ms: Option<u64>) -> BanInfo {
        let (by, reason, oper_reason) = ("o".into(), "r".into(), "".into());
        BanInfo { by, reason, oper_reason, require_sasl: false, at_ms: 1000, duration_ms }
    }

    fn mask(raw: &str) -> BanTarget {
        BanTarget::mask(CaseMapping::Ascii, raw).unwrap()
    }

    #[test]
    fn bans_on_all_ranges_around_an_address_are_found() {
        let mut bans = Bans::default();
        for net in ["192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "0.0.0.0/0"] {
            bans.set(BanTarget::Net(Net::parse(net).unwrap()), Some(info(None)));
        }
        let over = |ip: &str| {
            let found = bans.over_address(ip.parse().unwrap(), 2000);
            found.map(|(net, _)| net.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(over("192.0.2.7"), ["0.0.0.0/0", "192.0.2.0/24", "192.0.2.7"]);
        assert_eq!(over("::ffff:192.0.2.8"), ["0.0.0.0/0", "192.0.2.0/24"]);
        assert_eq!(over("2001:db8:1::1"), ["2001:db8::/32"]);
        assert_eq!(over("2001:db9::1"), Vec::<String>::new());
    }

    #[test]
    fn bans_on_masks_are_found_by_any_end_of_the_host() {
        let all = ["*!*@*.example.org", "*!*@a.example.org", "bad*!*@*", "*!*@192.0.2.*", "*!*@*ple.org"];
        let mut bans = Bans::default();
        for raw in all {
            bans.set(mask(raw), Some(info(None)));
        }
        let over = |nuh: &str| {
            let mut found: Vec<_> = bans.over_mask(nuh, 2000).map(|(mask, _)| mask.to_string()).collect();
            found.sort();
            found
        };
        assert_eq!(over("x!u@a.example.org"), ["*!*@*.example.org", "*!*@*ple.org", "*!*@a.example.org"]);
        assert_eq!(over("bad1!u@192.0.2.9"), ["*!*@192.0.2.*", "bad*!*@*"]);
        assert_eq!(over("x!u@example.org"), ["*!*@*ple.org"]);
        assert_eq!(over("x!u@org."), Vec::<String>::new());
        bans.set(mask("bad*!*@*"), None);
        assert_eq!((bans.count(), bans.get(&mask("bad*!*@*"))), (4, None));
    }

    #[test]
    fn expired_bans_are_not_found() {
        let mut bans = Bans::default();
        let net = BanTarget::Net(Net::parse("192.0.2.0/24").unwrap());
        bans.set(net.clone(), Some(info(Some(500))));
        bans.set(mask("*!*@*"), Some(info(Some(500))));
        let found = |at_ms| {
            let ip = "192.0.2.1".parse().unwrap();
            bans.over_address(ip, at_ms).count() + bans.over_mask("a!b@c", at_ms).count()
        };
        assert_eq!((found(1499), found(1500)), (2, 0));
        assert!(bans.get(&net).is_some());
    }
}

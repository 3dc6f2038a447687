//! The record of a ban.

use serde::{Deserialize, Serialize};

use crate::config::Net;
use crate::state::ban::{BanInfo, BanTarget};
use crate::text::CaseMapping;

#[derive(Serialize, Deserialize)]
pub(super) struct BanRecord {
    by: String,
    reason: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    oper_reason: String,
    #[serde(default)]
    require_sasl: bool,
    at_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
}

/// Parses the target from the rest of a key (`d/192.0.2.0/24`, `k/nick!user@host`).
pub(super) fn target(mapping: CaseMapping, name: &str) -> Result<BanTarget, String> {
    let target = match name.split_once('/') {
        Some(("d", net)) => Net::parse(net).map(BanTarget::Net),
        Some(("k", mask)) => BanTarget::mask(mapping, mask),
        _ => None,
    };
    target.ok_or_else(|| "the key does not name a ban target".to_owned())
}

pub(super) fn encode(info: &BanInfo) -> BanRecord {
    BanRecord {
        by: info.by.to_string(),
        reason: info.reason.to_string(),
        oper_reason: info.oper_reason.to_string(),
        require_sasl: info.require_sasl,
        at_ms: info.at_ms,
        duration_ms: info.duration_ms,
    }
}

impl BanRecord {
    pub(super) fn decode(self) -> BanInfo {
        BanInfo {
            by: self.by.into(),
            reason: self.reason.into(),
            oper_reason: self.oper_reason.into(),
            require_sasl: self.require_sasl,
            at_ms: self.at_ms,
            duration_ms: self.duration_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Net;
    use crate::state::ban::{BanInfo, BanTarget};
    use crate::state::{Moment, State};
    use crate::text::CaseMapping;

    #[test]
    fn bans_are_restored_unchanged() {
        let info = BanInfo {
            by: "root".into(),
            reason: "noise".into(),
            oper_reason: "again".into(),
            require_sasl: true,
            at_ms: 1000,
            duration_ms: Some(60_000),
        };
        let plain =
            BanInfo { oper_reason: "".into(), duration_ms: None, require_sasl: false, ..info.clone() };
        let net = BanTarget::Net(Net::parse("2001:db8::/32").unwrap());
        let mask = BanTarget::mask(CaseMapping::Ascii, "*!*@*.example.org").unwrap();
        let mut state = State::default();
        state.bans.set(net.clone(), Some(info.clone()));
        state.bans.set(mask.clone(), Some(plain.clone()));
        let keys = [&net, &mask].map(|target| super::super::ban_key(&target.key()));
        assert_eq!(keys, ["ban/d/2001:db8::/32", "ban/k/*!*@*.example.org"]);
        let records: Vec<_> =
            keys.into_iter().map(|key| (key.clone(), state.encode(&key).unwrap())).collect();
        let moment = Moment { mono_ms: 0, wall_ms: 0, mapping: CaseMapping::Ascii };
        let mut again = State::default();
        assert!(again.restore(moment, &records, |_| false).is_empty());
        assert_eq!((again.bans.get(&net), again.bans.get(&mask)), (Some(&info), Some(&plain)));
        let nonsense = [("ban/x/y".to_owned(), records[0].1.clone())];
        assert_eq!(again.restore(moment, &nonsense, |_| false).len(), 1);
    }
}

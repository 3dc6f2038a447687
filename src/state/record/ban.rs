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

/// The target that a key's rest (`d/192.0.2.0/24`, `k/nick!user@host`) names.
pub(super) fn target(mapping: CaseMapping, name: &str) -> Result<BanTarget, String> {
    let target = match name.split_once('/') {
        Some(("d", net)) => Net::parse(net).map(BanTarget::Net),
        Some(("k", mask)) => BanTarget::mask(mapping, mask),
        _ => None,
    };
    target.ok_or_else(|| "the key names no target of a ban".to_owned())
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

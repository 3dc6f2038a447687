//! Whether a client needs an account.

use std::net::IpAddr;

use crate::config::Config;

/// Whether nobody comes in from an address without an account.
pub fn needs_account(config: &Config, ip: IpAddr) -> bool {
    let rule = &config.accounts.require_sasl;
    rule.enabled && !rule.exempted.iter().any(|net| net.contains(ip))
}

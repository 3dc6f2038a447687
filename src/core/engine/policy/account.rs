//! Decides whether a client needs an account.

use std::net::IpAddr;

use crate::config::Config;

/// Returns whether connections from an address need an account.
pub fn needs_account(config: &Config, ip: IpAddr) -> bool {
    let rule = &config.accounts.require_sasl;
    rule.enabled && !rule.exempted.iter().any(|net| net.contains(ip))
}

//! From a connection to its admission: limits, bans, lookups, gateways, hosts, and flood control.

pub mod admission;
pub mod bans;
pub mod flood;
pub mod gateway;
pub mod host;
pub mod lookups;

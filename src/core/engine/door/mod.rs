//! From a connection to someone who may come in: limits, bans, lookups, gateways, hosts, and how fast commands may come.

pub mod admission;
pub mod bans;
pub mod flood;
pub mod gateway;
pub mod host;
pub mod lookups;

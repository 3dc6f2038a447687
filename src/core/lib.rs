//! The pure core of `ircd`: all rules of IRC, and all state. `docs/ARCHITECTURE.md` is the map.
//!
//! It has no clock, entropy, files, sockets, threads or async: the same input produces the same output.
//! `Cargo.toml` names no crate that does input or output, `clippy.toml` lists the items of the standard
//! library that the core must not use, and `tests/tidy/` checks the rest. A module may use only those above
//! it in this table.
//!
//! | module | what it holds |
//! |---|---|
//! | [`text`] | names, masks, case mapping, truncation |
//! | [`i18n`] | phrases and their translations |
//! | [`wire`] | messages, tags, numerics, capabilities |
//! | [`history`] | stored lines as data, and the latest in memory |
//! | [`config`] | YAML in, checked configuration out |
//! | [`auth`] | credentials and SASL mechanisms |
//! | [`state`] | users, sessions, channels as plain data |
//! | [`engine`] | every rule of IRC: events in, effects out |

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

pub mod auth;
pub mod config;
pub mod engine;
pub mod history;
pub mod i18n;
pub mod state;
pub mod text;
pub mod wire;

//! `ircd`: an IRCv3 chat server that combines server, services, bouncer and history in one process.
//! `docs/ARCHITECTURE.md` is the map.
//!
//! A module may use only those above it in this table. A *pure* one has no clock, entropy, file,
//! socket, thread or async: same input, same output; `clippy.toml` lists what that forbids. `tests/tidy/`
//! reads the table and enforces it.
//!
//! | module | kind | what it holds |
//! |---|---|---|
//! | [`text`] | pure | names, masks, case mapping, truncation |
//! | [`i18n`] | pure | phrases and their translations |
//! | [`wire`] | pure | messages, tags, numerics, capabilities |
//! | [`history`] | pure | stored lines as data, and the latest in memory |
//! | [`config`] | pure | YAML in, checked configuration out |
//! | [`auth`] | pure | credentials and SASL mechanisms |
//! | [`state`] | pure | users, sessions, channels as plain data |
//! | [`engine`] | pure | every rule of IRC: events in, effects out |
//! | [`private`] | impure | files and directories that only their owner can use |
//! | [`journal`] | impure | an append-only log on disk |
//! | [`store`] | impure | the embedded database |
//! | [`archive`] | impure | stored history: spool and databases |
//! | [`recording`] | impure | an engine and its events, in an encrypted file |
//! | [`jobs`] | impure | slow work for the engine: hashing, lookups, scripts, mail |
//! | [`net`] | impure | listeners, TLS, WebSocket, sockets |
//! | [`server`] | impure | threads, turns, signals, logs |
//! | [`cli`] | impure | the command line |

pub mod archive;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod auth;
pub mod cli;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod config;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod engine;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod history;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod i18n;
pub mod jobs;
pub mod journal;
pub mod net;
pub mod private;
pub mod recording;
pub mod server;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod state;
pub mod store;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod text;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod wire;

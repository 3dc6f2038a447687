//! `ircd`: an IRCv3 chat server that combines server, services, bouncer and history in one process.
//! `docs/ARCHITECTURE.md` is the map.
//!
//! The rules of IRC are in the crate [`ircd_core`], whose modules are re-exported here. A module may use
//! those and the modules above it in this table, which `tests/tidy/` enforces.
//!
//! | module | what it holds |
//! |---|---|
//! | [`private`] | files and directories that only their owner can use |
//! | [`journal`] | an append-only log on disk |
//! | [`store`] | the embedded database |
//! | [`archive`] | stored history: spool and databases |
//! | [`recording`] | an engine and its events, in an encrypted file |
//! | [`jobs`] | slow work for the engine: hashing, lookups, scripts, mail |
//! | [`metrics`] | what the server counts and measures |
//! | [`net`] | listeners, TLS, WebSocket, sockets |
//! | [`http`] | what is served over HTTP: the API, health |
//! | [`server`] | threads, turns, signals, logs |
//! | [`cli`] | the command line |

pub use ircd_core::{auth, config, engine, history, i18n, state, text, wire};

pub mod archive;
pub mod cli;
pub mod http;
pub mod jobs;
pub mod journal;
pub mod metrics;
pub mod net;
pub mod private;
pub mod recording;
pub mod server;
pub mod store;

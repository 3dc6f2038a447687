//! `ircd`: an IRCv3 chat server that is server, services, bouncer and history in one process.
//!
//! The modules are listed from the innermost outwards; each may use only those above it. The first
//! seven are *pure*: no clock, no entropy, no file, no socket, no thread. `docs/ARCHITECTURE.md` is
//! the map.

pub mod cli;
pub mod config;
pub mod engine;
pub mod i18n;
pub mod jobs;
pub mod net;
pub mod server;
pub mod state;
pub mod store;
pub mod text;
pub mod wire;

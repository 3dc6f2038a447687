//! The configuration: text in, a checked [`Config`] or a list of problems out.
//!
//! It reads no file and no environment: the caller hands over the text and the variables.
//! Invariant: a `Config` out of [`load`] obeys every rule the server relies on.

mod accounts;
mod channels;
mod datastore;
mod extras;
mod history;
mod limits;
mod listeners;
mod logging;
mod mail;
mod opers;
mod problem;
mod read;
mod script;
mod section;
mod server;
mod tree;
mod unit;
mod value;

pub use accounts::*;
pub use channels::*;
pub use datastore::*;
pub use extras::*;
pub use history::*;
pub use limits::*;
pub use listeners::*;
pub use logging::*;
pub use mail::*;
pub use opers::{Oper, OperClass};
pub use problem::{Problem, Severity};
pub use script::*;
pub use server::*;
pub use unit::{parse_duration, parse_size};
pub use value::*;

use indexmap::IndexMap;

/// The checked configuration. Fields are named as the keys of the file, with `_` for `-`.
///
/// The default holds what a key means when it is absent; the few keys that must be present
/// (`network.name`, `server.name`, `server.listeners`, `datastore.path`) are empty in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The network's name.
    pub network: Network,
    /// This server, its doors and what it demands of connections.
    pub server: Server,
    /// Who users are, and how they prove it.
    pub accounts: Accounts,
    /// How channels come to be.
    pub channels: Channels,
    /// Sets of rights, by name, with what they extend resolved.
    pub oper_classes: IndexMap<String, OperClass>,
    /// Who may become an operator, by name, with their class resolved.
    pub opers: IndexMap<String, Oper>,
    /// The logs.
    pub logging: Vec<Logging>,
    /// For those who look for faults.
    pub debug: Debug,
    /// File that keeps a second server from starting with the same data; empty is none.
    pub lock_file: Option<String>,
    /// Where things are kept.
    pub datastore: Datastore,
    /// Translations.
    pub languages: Languages,
    /// Lengths and sizes.
    pub limits: Limits,
    /// How fast a client's commands are read.
    pub fakelag: Fakelag,
    /// Speaking as someone made up.
    pub roleplay: Roleplay,
    /// Signed tokens for other services.
    pub extjwt: Extjwt,
    /// Tokens that prove to other services who a user is.
    pub authtoken: Authtoken,
    /// What was said, and for how long it is kept.
    pub history: History,
    /// What users and channels say of themselves.
    pub metadata: Metadata,
    /// Notifications to users who are not connected.
    pub webpush: Webpush,
    /// An HTTP interface for programs.
    pub api: Api,
    /// Whether environment variables may change the configuration.
    pub allow_environment_overrides: bool,
}

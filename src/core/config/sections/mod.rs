//! The sections of the configuration, each a table of keys with their types and defaults.

mod accounts;
mod channels;
mod datastore;
mod extras;
mod history;
mod limits;
mod listeners;
mod log_type;
mod logging;
mod mail;
pub(in crate::config) mod opers;
mod script;
mod server;

pub use accounts::*;
pub use channels::*;
pub use datastore::*;
pub use extras::*;
pub use history::*;
pub use limits::*;
pub use listeners::*;
pub use log_type::LogType;
pub use logging::*;
pub use mail::*;
pub use opers::{Oper, OperClass};
pub use script::*;
pub use server::*;

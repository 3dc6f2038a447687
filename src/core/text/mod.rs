//! Names and text: validates and compares nicks, channel names, account names and masks; matches,
//! truncates and wraps text.
//!
//! Not here: permission to use a name, names in use or reserved by services, and framing of
//! lines. Invariant: a parsed name is valid under the mapping it was parsed with, and two names are
//! equal exactly when their folded keys are.

pub mod glob;

mod casemapping;
mod email;
mod mask;
mod name;
mod skeleton;
mod truncate;
mod wrap;

pub use casemapping::CaseMapping;
pub use email::is_email;
pub use mask::{Mask, folded_nuh};
pub use name::{AccountName, BadName, ChannelName, Nick, ident, is_hostname, is_shown_host};
pub use truncate::truncate;
pub use wrap::{wrap, wrap_with};

//! Names and text: what a nick, a channel, an account or a ban mask is, when two of them are the
//! same, and how text is matched and cut.
//!
//! Not here: who may use a name, which names are taken or reserved by services, and how lines are
//! framed. Invariant: a parsed name is valid under the mapping it was parsed with, and two names are
//! equal exactly when their folded keys are.

pub mod glob;

mod casemapping;
mod mask;
mod name;
mod skeleton;
mod truncate;
mod wrap;

pub use casemapping::CaseMapping;
pub use mask::{Mask, folded_nuh};
pub use name::{AccountName, BadName, ChannelName, Nick, ident, is_hostname, is_shown_host};
pub use truncate::truncate;
pub use wrap::{wrap, wrap_with};

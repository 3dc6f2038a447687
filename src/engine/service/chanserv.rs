//! ChanServ's table.

use super::Command;

pub(super) const ABOUT: &[&str] = &["ChanServ keeps registered channels for their founders."];

pub(super) static COMMANDS: &[&Command] = &[];

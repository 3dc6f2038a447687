//! HistServ's table.

use super::Command;

pub(super) const ABOUT: &[&str] = &["HistServ answers for what was said."];

pub(super) static COMMANDS: &[&Command] = &[];

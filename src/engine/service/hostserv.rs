//! HostServ's table.

use super::Command;

pub(super) const ABOUT: &[&str] = &["HostServ gives users a host of their choice."];

pub(super) static COMMANDS: &[&Command] = &[];

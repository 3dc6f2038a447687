//! `ircd defaultconfig`: prints the built-in configuration.

use super::{Failure, console};
use crate::config::DEFAULT_YAML;

pub(super) fn run() -> Result<(), Failure> {
    Ok(console::print(DEFAULT_YAML)?)
}

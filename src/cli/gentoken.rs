//! `ircd gentoken`: prints a random secret.

use super::{Failure, console};
use crate::store::random_secret;

pub(super) fn run() -> Result<(), Failure> {
    Ok(console::print(&format!("{}\n", random_secret()?))?)
}

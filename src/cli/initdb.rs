//! `ircd initdb`: creates a datastore.

use std::path::Path;

use super::configuration::Source;
use super::{Failure, Options, console};
use crate::store::Store;

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = Source::find(options.conf.as_deref()).load()?.config;
    let path = config.datastore.path;
    Store::create(Path::new(&path))?;
    console::print_log(options.quiet, &format!("database initialized: {path}"));
    Ok(())
}

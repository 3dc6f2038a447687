//! `ircd upgradedb`: upgrades the datastore of an older version.

use std::path::Path;

use super::configuration::Source;
use super::{Failure, Options, console};
use crate::store::{Outdated, Store};

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = Source::find(options.conf.as_deref()).load()?.config;
    let path = config.datastore.path;
    let store = Store::open(Path::new(&path), Outdated::Upgrade)?;
    match store.backup() {
        Some(copy) => {
            let text = format!("database upgraded: {path}, backup of the old one: {}", copy.display());
            console::print_log(options.quiet, &text);
        }
        None => console::print_log(options.quiet, &format!("database is up to date: {path}")),
    }
    Ok(())
}

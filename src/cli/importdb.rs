//! `ircd importdb`: creates a datastore from an export, or from the accounts and channels of other services;
//! completely or not at all.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::configuration::Source;
use super::{Failure, Options, console};
use crate::config::Config;
use crate::state::import::{self, Imported};
use crate::store::{Export, Store};

/// Maximum size of a document of other services, in bytes.
const FOREIGN_BYTES_MAX: u64 = 256 << 20;

pub(super) fn run(options: &Options, file: &Path) -> Result<(), Failure> {
    let config = Source::find(options.conf.as_deref()).load()?.config;
    let export = read(file, &config)?;
    let path = config.datastore.path;
    Store::import(Path::new(&path), &export)?;
    let text = format!("database imported: {path}, {} records", export.records.len());
    console::print_log(options.quiet, &text);
    Ok(())
}

fn read(file: &Path, config: &Config) -> Result<Export, Failure> {
    let name = file.display();
    let open = || File::open(file).map_err(|error| Failure::new(format_args!("{name}: {error}")));
    let named = |problems: Vec<String>| {
        Failure(problems.iter().map(|problem| format!("{name}: {problem}")).collect())
    };
    let problems = match Export::read(BufReader::new(open()?)) {
        Ok(export) => return Ok(export),
        Err(problems) => problems,
    };
    let mut text = Vec::new();
    open()?.take(FOREIGN_BYTES_MAX).read_to_end(&mut text)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    match import::read(&text, config, now.as_millis() as u64) {
        None => Err(named(problems)),
        Some(Err(problems)) => Err(named(problems)),
        Some(Ok(Imported { records, skipped })) => {
            for line in skipped {
                console::log_full(&format!("skipped: {line}"));
            }
            Ok(Export::new(records)?)
        }
    }
}

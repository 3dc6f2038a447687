//! `ircd importdb`: a new datastore from what `exportdb` wrote, all of it or nothing.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::configuration::Source;
use super::{Failure, Options, console};
use crate::store::{Export, Store};

/// How much of a file is looked at to see whose it is, in bytes.
const LEGACY_BYTES_MAX: u64 = 256 << 20;

pub(super) fn run(options: &Options, file: &Path) -> Result<(), Failure> {
    let config = Source::find(options.conf.as_deref()).load()?.config;
    let path = config.datastore.path;
    let open = || File::open(file).map_err(|error| Failure::new(format_args!("{}: {error}", file.display())));
    let export =
        Export::read(BufReader::new(open()?)).map_err(|problems| match foreign_source(open().ok()) {
            Some(source) => {
                let name = file.display();
                Failure::new(format_args!(
                    "{name}: an export of {source}, not of `ircd exportdb`, cannot be imported"
                ))
            }
            None => {
                Failure(problems.iter().map(|problem| format!("{}: {problem}", file.display())).collect())
            }
        })?;
    Store::import(Path::new(&path), &export)?;
    let text = format!("database imported: {path}, {} records", export.records.len());
    console::say(options.quiet, &text);
    Ok(())
}

/// One JSON object with the accounts and channels of other services, as Ergo imports it.
#[derive(Deserialize)]
struct Foreign {
    #[serde(rename = "version")]
    _version: IgnoredAny,
    source: String,
}

fn foreign_source(file: Option<File>) -> Option<String> {
    let text = BufReader::new(file?.take(LEGACY_BYTES_MAX));
    serde_json::from_reader::<_, Foreign>(text).ok().map(|foreign| foreign.source)
}

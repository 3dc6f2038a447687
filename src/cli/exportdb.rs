//! `ircd exportdb`: exports a datastore as JSON Lines, even while the server is running. Not in Ergo.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use super::configuration::Source;
use super::{Failure, Options, console};
use crate::private;
use crate::store::{Export, Outdated, Store, StoreError, request_export};

pub(super) fn run(options: &Options, file: Option<&Path>) -> Result<(), Failure> {
    let config = Source::find(options.conf.as_deref()).load()?.config;
    let path = config.datastore.path;
    let export = read(Path::new(&path))?;
    match file {
        None => export.write(&mut BufWriter::new(io::stdout().lock()))?,
        Some(file) => {
            write(file, &export)
                .map_err(|error| Failure::new(format_args!("{}: {error}", file.display())))?;
            let text = format!("database exported: {path}, {} records", export.records.len());
            console::print_log(options.quiet, &text);
        }
    }
    Ok(())
}

/// Reads the datastore itself, or asks the server that has it open.
fn read(path: &Path) -> Result<Export, Failure> {
    match Store::open(path, Outdated::Reject) {
        Err(in_use @ StoreError::InUse(..)) => {
            let answer = request_export(path).map_err(|error| {
                Failure::new(format_args!("{in_use}, and its control socket failed: {error}"))
            })?;
            Export::read(BufReader::new(answer)).map_err(|problems| {
                Failure::new(format_args!("{in_use}, and its answer was incomplete: {}", problems[0]))
            })
        }
        opened => Ok(opened?.export()?),
    }
}

/// Writes the file completely or not at all.
fn write(file: &Path, export: &Export) -> io::Result<()> {
    let mut new = file.as_os_str().to_owned();
    new.push(".new");
    let _ = fs::remove_file(&new);
    let written = private::options().write(true).create_new(true).open(&new).and_then(|out| {
        let mut out = BufWriter::new(out);
        export.write(&mut out)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(&new, file)?;
        let place = file.parent().filter(|place| !place.as_os_str().is_empty());
        File::open(place.unwrap_or(Path::new(".")))?.sync_all()
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

//! The files beside the configuration whose texts the server speaks: the MOTD and the languages.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::configuration::Source;
use crate::config::{Config, Document};
use crate::engine::Texts;
use crate::i18n::Catalogue;

/// What people read who connect to a server that was never configured.
const DEFAULT_MOTD: &str = include_str!("../../motd.txt");
/// The languages of a server that was never configured.
const DEFAULT_CATALOGUES: [&str; 1] = [include_str!("../../languages/zh-CN.lang.yaml")];
/// How catalogues are named.
const CATALOGUE_ENDING: &str = ".lang.yaml";
/// How much of a file is read, in bytes.
const TEXT_BYTES_MAX: u64 = 1 << 20;

/// Reads them all. What cannot be read is left out and named in the log.
pub(super) fn read(source: &Source, config: &Config, document: Document) -> Texts {
    Texts {
        document,
        motd: motd(source, config),
        address_blacklist: address_blacklist(config),
        catalogues: catalogues(source, config),
    }
}

fn address_blacklist(config: &Config) -> Option<String> {
    let path = &config.accounts.registration.email_verification.address_blacklist_file;
    if path.is_empty() {
        return None;
    }
    let text = read_text(Path::new(path));
    text.inspect_err(|error| tracing::warn!(target: "server", "address-blacklist-file {path}: {error}")).ok()
}

fn motd(source: &Source, config: &Config) -> Option<String> {
    let path = config.server.motd.as_deref()?;
    match read_text(Path::new(path)) {
        Ok(text) => Some(text),
        Err(_) if *source == Source::BuiltIn => Some(DEFAULT_MOTD.to_owned()),
        Err(error) => {
            tracing::warn!(target: "server", "MOTD file {path}: {error}");
            None
        }
    }
}

fn catalogues(source: &Source, config: &Config) -> Vec<Catalogue> {
    let languages = &config.languages;
    if !languages.enabled {
        return Vec::new();
    }
    let mut found = match catalogue_files(Path::new(&languages.path)) {
        Ok(files) => files,
        Err(_) if *source == Source::BuiltIn => {
            return DEFAULT_CATALOGUES.iter().filter_map(|text| Catalogue::parse(text).ok()).collect();
        }
        Err(error) => {
            tracing::warn!(target: "server", "languages in {}: {error}", languages.path);
            Vec::new()
        }
    };
    let all = found.len();
    found.retain(|path| !is_of_ergo(path));
    if found.len() < all {
        let (path, count) = (&languages.path, all - found.len());
        tracing::warn!(target: "server", "languages in {path}: left out {count} of Ergo, whose texts are not ours");
    }
    let read = |path: &PathBuf| {
        let parsed = read_text(path).map_err(|error| error.to_string());
        let parsed = parsed.and_then(|text| Catalogue::parse(&text).map_err(|error| error.to_string()));
        parsed.map_err(
            |error| tracing::warn!(target: "server", "language left out: {}: {error}", path.display()),
        )
    };
    found.iter().filter_map(|path| read(path).ok()).collect()
}

/// The catalogues of a directory, in the order of their names.
fn catalogue_files(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries: Result<Vec<_>, _> = std::fs::read_dir(dir)?.map(|entry| entry.map(|e| e.path())).collect();
    let mut files = entries?;
    files.retain(|path| path.to_string_lossy().ends_with(CATALOGUE_ENDING));
    files.sort();
    Ok(files)
}

/// Ergo has a file about each language, and its texts beside it.
fn is_of_ergo(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.strip_suffix(CATALOGUE_ENDING)
        .is_some_and(|stem| Path::new(&format!("{stem}-irc.lang.json")).exists())
}

fn read_text(path: &Path) -> std::io::Result<String> {
    let mut text = Vec::new();
    File::open(path)?.take(TEXT_BYTES_MAX).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

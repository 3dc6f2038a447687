//! Reads the texts that the configuration refers to: MOTD, translations and address patterns.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::configuration::Source;
use crate::config::{Config, Document, LogType};
use crate::engine::Texts;
use crate::i18n::Catalog;

/// The MOTD of a server without a configuration.
const DEFAULT_MOTD: &str = include_str!("../../motd.txt");
/// The translations of a server without a configuration.
const DEFAULT_CATALOGS: [&str; 1] = [include_str!("../../languages/zh-CN.lang.yaml")];
/// File name extension of catalogs.
const CATALOGUE_ENDING: &str = ".lang.yaml";
/// Maximum number of bytes read from a file.
const TEXT_BYTES_MAX: u64 = 1 << 20;

/// Reads all texts. Files that cannot be read are skipped and logged.
pub(super) fn read(source: &Source, config: &Config, document: Document) -> Texts {
    Texts {
        document,
        motd: motd(source, config),
        address_blacklist: address_blacklist(config),
        catalogs: catalogs(source, config),
    }
}

fn address_blacklist(config: &Config) -> Option<String> {
    let path = &config.accounts.registration.email_verification.address_blacklist_file;
    if path.is_empty() {
        return None;
    }
    let text = read_text(Path::new(path));
    text.inspect_err(|error| {
        tracing::warn!(target: LogType::Server.name(), "address-blacklist-file {path}: {error}");
    })
    .ok()
}

fn motd(source: &Source, config: &Config) -> Option<String> {
    let path = config.server.motd.as_deref()?;
    match read_text(Path::new(path)) {
        Ok(text) => Some(text),
        Err(_) if *source == Source::BuiltIn => Some(DEFAULT_MOTD.to_owned()),
        Err(error) => {
            tracing::warn!(target: LogType::Server.name(), "MOTD file {path}: {error}");
            None
        }
    }
}

fn catalogs(source: &Source, config: &Config) -> Vec<Catalog> {
    let languages = &config.languages;
    if !languages.enabled {
        return Vec::new();
    }
    let mut found = match catalogue_files(Path::new(&languages.path)) {
        Ok(files) => files,
        Err(_) if *source == Source::BuiltIn => {
            return DEFAULT_CATALOGS.iter().filter_map(|text| Catalog::parse(text).ok()).collect();
        }
        Err(error) => {
            tracing::warn!(target: LogType::Server.name(), "languages in {}: {error}", languages.path);
            Vec::new()
        }
    };
    let all = found.len();
    found.retain(|path| !is_of_ergo(path));
    if found.len() < all {
        let (path, count) = (&languages.path, all - found.len());
        tracing::warn!(
            target: LogType::Server.name(),
            "languages in {path}: skipped {count} of Ergo, in another format"
        );
    }
    let read = |path: &PathBuf| {
        let parsed = read_text(path).map_err(|error| error.to_string());
        let parsed = parsed.and_then(|text| Catalog::parse(&text).map_err(|error| error.to_string()));
        parsed.map_err(|error| {
            tracing::warn!(
                target: LogType::Server.name(),
                "language skipped: {}: {error}",
                path.display()
            )
        })
    };
    found.iter().filter_map(|path| read(path).ok()).collect()
}

/// Returns the catalogs of a directory, sorted by name.
fn catalogue_files(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries: Result<Vec<_>, _> = std::fs::read_dir(dir)?.map(|entry| entry.map(|e| e.path())).collect();
    let mut files = entries?;
    files.retain(|path| path.to_string_lossy().ends_with(CATALOGUE_ENDING));
    files.sort();
    Ok(files)
}

/// Returns whether a file belongs to Ergo, which keeps the texts of a language in files next to it.
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

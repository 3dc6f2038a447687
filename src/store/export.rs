//! The content of a datastore as JSON Lines, one record each, for backups and for people.
//!
//! `{"key":"account/alice","value":{…}}`. The first line has the schema version and the number of the
//! following lines, so that a truncated file is not mistaken for a complete one. Invariant: a file is checked
//! completely before any of it is used.

use std::borrow::Cow;
use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Store, StoreError, keys, migrate, random_secret};

/// The key of the first line.
const HEADER: &str = "meta/export";
/// Maximum length of a line, in bytes.
const LINE_BYTES_MAX: u64 = 16 << 20;
/// Maximum number of problems that are reported for one file.
const PROBLEMS_MAX: usize = 50;

/// A copy of a datastore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The version of the layout of the records.
    pub schema: u32,
    /// See [`Store::cloak_secret`].
    pub cloak_secret: String,
    /// All records by key; values are JSON.
    pub records: Vec<(String, Vec<u8>)>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ExportLine<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    value: &'a RawValue,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Header {
    schema: u32,
    lines: usize,
}

impl Export {
    /// Creates an export of records from another server, with a new cloak secret.
    ///
    /// # Errors
    /// If the system provides no random bytes.
    pub fn new(records: Vec<(String, Vec<u8>)>) -> Result<Export, StoreError> {
        let schema = migrate::newest(migrate::MIGRATIONS);
        Ok(Export { schema, cloak_secret: random_secret()?, records })
    }

    /// Copies the content of an open datastore.
    pub(super) fn of(store: &Store) -> Result<Export, StoreError> {
        Ok(Export { schema: store.schema()?, cloak_secret: store.cloak_secret()?, records: store.records()? })
    }

    /// Writes the export as text.
    ///
    /// # Errors
    /// If `out` fails, or with `InvalidData` if a value is not JSON.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let header = Header { schema: self.schema, lines: self.records.len() + 1 };
        write_line(out, HEADER, &serde_json::to_string(&header)?)?;
        write_line(out, keys::CLOAK_SECRET, &serde_json::to_string(&self.cloak_secret)?)?;
        for (key, value) in &self.records {
            let value = std::str::from_utf8(value).map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidData, format!("record {key}: {error}"))
            })?;
            write_line(out, key, value)?;
        }
        out.flush()
    }

    /// Reads the output of [`Export::write`].
    ///
    /// # Errors
    /// If the text is invalid: up to fifty problems, as `line 3: problem`.
    pub fn read(text: impl BufRead) -> Result<Export, Vec<String>> {
        let mut import = ImportedRecords::default();
        let mut text = text;
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            match (&mut text).take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) if line.len() as u64 == LINE_BYTES_MAX && line.last() != Some(&b'\n') => {
                    import.problem(number, "the line is too long".to_owned());
                    break;
                }
                Ok(_) => {
                    if let Err(why) = import.line(number, &line) {
                        import.problem(number, why);
                    }
                }
                Err(error) => {
                    import.problem(number, error.to_string());
                    break;
                }
            }
            // Without the first line, the others have no meaning.
            if import.header.is_none() || import.problems.len() >= PROBLEMS_MAX {
                break;
            }
        }
        import.finish()
    }
}

/// Writes a line. ExportLine breaks in JSON are whitespace, so they are replaced by spaces.
fn write_line(out: &mut impl Write, key: &str, value: &str) -> io::Result<()> {
    let value = value.replace(['\n', '\r'], " ");
    let raw = serde_json::from_str(&value)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("record {key}: {error}")))?;
    serde_json::to_writer(&mut *out, &ExportLine { key: key.into(), value: raw })?;
    out.write_all(b"\n")
}

/// The lines read so far.
#[derive(Default)]
struct ImportedRecords {
    header: Option<Header>,
    cloak_secret: Option<String>,
    records: std::collections::BTreeMap<String, Vec<u8>>,
    lines: usize,
    problems: Vec<String>,
}

impl ImportedRecords {
    fn problem(&mut self, number: usize, why: String) {
        self.problems.push(format!("line {number}: {why}"));
    }

    fn line(&mut self, number: usize, line: &[u8]) -> Result<(), String> {
        let ExportLine { key, value } = serde_json::from_slice(line).map_err(|error| match number {
            1 => format!("not an export of ircd: {}", without_place(&error)),
            _ => without_place(&error),
        })?;
        if number == 1 {
            if key != HEADER {
                return Err(format!("not an export of ircd: expected the key {HEADER}"));
            }
            self.header = Some(serde_json::from_str(value.get()).map_err(|error| without_place(&error))?);
            return Ok(());
        }
        self.lines += 1;
        if key == keys::CLOAK_SECRET {
            let secret = serde_json::from_str(value.get()).map_err(|error| without_place(&error))?;
            return match self.cloak_secret.replace(secret) {
                None => Ok(()),
                Some(_) => Err(format!("duplicate key {key}")),
            };
        }
        if !keys::is_record(&key) {
            return Err(format!("expected the key of a record, found \"{}\"", key.escape_debug()));
        }
        match self.records.insert(key.to_string(), value.get().as_bytes().to_vec()) {
            None => Ok(()),
            Some(_) => Err(format!("duplicate key {key}")),
        }
    }

    fn finish(mut self) -> Result<Export, Vec<String>> {
        let Some(header) = self.header else {
            let empty = || vec!["line 1: the file is empty".to_owned()];
            return Err(if self.problems.is_empty() { empty() } else { self.problems });
        };
        if self.problems.is_empty() && header.lines != self.lines {
            let problem = format!("line 1: expected {} more lines, found {}", header.lines, self.lines);
            self.problems.push(problem);
        }
        match self.cloak_secret {
            Some(cloak_secret) if self.problems.is_empty() => Ok(Export {
                schema: header.schema,
                cloak_secret,
                records: self.records.into_iter().collect(),
            }),
            None if self.problems.is_empty() => Err(vec![format!("{} is missing", keys::CLOAK_SECRET)]),
            _ => Err(self.problems),
        }
    }
}

/// Returns the text of an error with its column only: serde sees one line at a time and would call it line 1.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at line ") {
        Some((reason, _)) => format!("{reason} at column {}", error.column()),
        None => text,
    }
}

#[cfg(test)]
mod tests;

//! Everything in a datastore as text: JSON Lines, one record each, for backups and for reading.
//!
//! `{"key":"account/alice","value":{…}}`. The first line is about the rest: the schema version and how
//! many lines follow, so that a file that was cut short is not taken for a whole one. Invariant: a
//! file is checked as a whole before any of it is used.

use std::borrow::Cow;
use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Store, StoreError, keys, migrate, random_secret};

/// Key of the first line.
const HEADER: &str = "meta/export";
/// The longest line that is read, in bytes.
const LINE_BYTES_MAX: u64 = 16 << 20;
/// Problems that are reported for one file.
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
struct Line<'a> {
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
    /// The records of a network that comes from elsewhere, with a new cloak secret.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn new(records: Vec<(String, Vec<u8>)>) -> Result<Export, StoreError> {
        let schema = migrate::newest(migrate::MIGRATIONS);
        Ok(Export { schema, cloak_secret: random_secret()?, records })
    }

    /// Copies what is in an open datastore.
    pub(super) fn of(store: &Store) -> Result<Export, StoreError> {
        Ok(Export { schema: store.schema()?, cloak_secret: store.cloak_secret()?, records: store.records()? })
    }

    /// Writes it as text.
    ///
    /// # Errors
    /// What `out` says, and `InvalidData` when a value is not JSON.
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

    /// Reads what [`Export::write`] wrote.
    ///
    /// # Errors
    /// Every problem, as `line 3: what is wrong`; at most fifty.
    pub fn read(text: impl BufRead) -> Result<Export, Vec<String>> {
        let mut import = Import::default();
        let mut text = text;
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            match (&mut text).take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) if line.len() as u64 == LINE_BYTES_MAX && line.last() != Some(&b'\n') => {
                    import.problem(number, "it is longer than any record".to_owned());
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
            // Without the first line the others mean nothing.
            if import.header.is_none() || import.problems.len() >= PROBLEMS_MAX {
                break;
            }
        }
        import.finish()
    }
}

/// Raw line breaks in JSON are blanks, so they can become some.
fn write_line(out: &mut impl Write, key: &str, value: &str) -> io::Result<()> {
    let value = value.replace(['\n', '\r'], " ");
    let raw = serde_json::from_str(&value)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("record {key}: {error}")))?;
    serde_json::to_writer(&mut *out, &Line { key: key.into(), value: raw })?;
    out.write_all(b"\n")
}

/// The lines read so far.
#[derive(Default)]
struct Import {
    header: Option<Header>,
    cloak_secret: Option<String>,
    records: std::collections::BTreeMap<String, Vec<u8>>,
    lines: usize,
    problems: Vec<String>,
}

impl Import {
    fn problem(&mut self, number: usize, why: String) {
        self.problems.push(format!("line {number}: {why}"));
    }

    fn line(&mut self, number: usize, line: &[u8]) -> Result<(), String> {
        let Line { key, value } = serde_json::from_slice(line).map_err(|error| match number {
            1 => format!("it is not an export of ircd: {}", without_place(&error)),
            _ => without_place(&error),
        })?;
        if number == 1 {
            if key != HEADER {
                return Err(format!("it is not an export of ircd: its key is not {HEADER}"));
            }
            self.header = Some(serde_json::from_str(value.get()).map_err(|error| without_place(&error))?);
            return Ok(());
        }
        self.lines += 1;
        if key == keys::CLOAK_SECRET {
            let secret = serde_json::from_str(value.get()).map_err(|error| without_place(&error))?;
            return match self.cloak_secret.replace(secret) {
                None => Ok(()),
                Some(_) => Err(format!("{key} is there twice")),
            };
        }
        if !keys::is_record(&key) {
            return Err(format!("there is no record \"{}\"", key.escape_debug()));
        }
        match self.records.insert(key.to_string(), value.get().as_bytes().to_vec()) {
            None => Ok(()),
            Some(_) => Err(format!("{key} is there twice")),
        }
    }

    fn finish(mut self) -> Result<Export, Vec<String>> {
        let Some(header) = self.header else {
            let empty = || vec!["line 1: it is empty".to_owned()];
            return Err(if self.problems.is_empty() { empty() } else { self.problems });
        };
        let complete = self.problems.is_empty() && header.lines != self.lines;
        if complete {
            let what = format!("line 1: {} lines are to follow, but there are {}", header.lines, self.lines);
            self.problems.push(what);
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

/// serde counts lines from the start of what it is given, which is one line.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at line ") {
        Some((what, _)) => format!("{what} at column {}", error.column()),
        None => text,
    }
}

#[cfg(test)]
mod tests;

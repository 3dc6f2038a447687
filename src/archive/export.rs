//! A file of JSON lines with all messages that an account sent to channels.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::history::Item;
use crate::private;
use crate::wire::Stamp;

/// One line. Absent values are omitted.
#[derive(Serialize)]
struct HistoryLine<'a> {
    time: String,
    msgid: &'a str,
    channel: &'a str,
    command: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    tags: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    params: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

/// A file that is being written. It is removed when dropped before [`ExportFile::finish`].
#[derive(Debug)]
pub struct ExportFile {
    path: PathBuf,
    out: BufWriter<File>,
    items: u64,
    is_finished: bool,
}

impl ExportFile {
    /// Creates the file, readable by its owner only.
    ///
    /// # Errors
    /// If it already exists or cannot be created.
    pub fn create(path: &Path) -> io::Result<ExportFile> {
        let file = private::options().write(true).create_new(true).open(path)?;
        Ok(ExportFile { path: path.to_owned(), out: BufWriter::new(file), items: 0, is_finished: false })
    }

    /// Adds an item.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn add(&mut self, channel: &str, item: &Item) -> io::Result<()> {
        let fields = item.fields();
        let line = HistoryLine {
            time: Stamp::new(fields.id.wall_ms()).to_string(),
            msgid: fields.id.as_str(),
            channel,
            command: fields.kind.verb(),
            source: fields.source,
            account: fields.account,
            tags: fields.client_tags,
            params: fields.params,
            text: fields.text,
        };
        serde_json::to_writer(&mut self.out, &line)?;
        self.out.write_all(b"\n")?;
        self.items += 1;
        Ok(())
    }

    /// Makes the file durable. Returns the number of its items.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn finish(mut self) -> io::Result<u64> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        self.is_finished = true;
        Ok(self.items)
    }
}

impl Drop for ExportFile {
    fn drop(&mut self) {
        if !self.is_finished {
            // An unfinished file would look like a complete one.
            let _ = fs::remove_file(&self.path);
        }
    }
}

//! The seal: checksums of the files of a datastore that was closed cleanly.
//!
//! sled recovers from crashes, but it cannot distinguish other damage from a crash: it drops data that it
//! cannot read, or searches it endlessly. Therefore, after a clean stop, the files must be the same, bit for
//! bit, at the next start. After a crash there is no seal, and sled recovers the datastore, a copy first.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::{fmt::Write, io};

use sha2::{Digest, Sha256};

use super::StoreError;
use crate::private;

const SEAL: &str = "seal";

/// Writes the seal. The database must be closed.
pub(super) fn close(dir: &Path) -> io::Result<()> {
    let new = dir.join("seal.new");
    private::write(&new, checksums(dir)?)?;
    File::open(&new)?.sync_all()?;
    fs::rename(new, dir.join(SEAL))?;
    File::open(dir)?.sync_all()
}

/// Compares the files with the seal and removes it; returns false if there is none. Makes the removal
/// durable, because a seal that reappeared after a power failure would make an intact database look damaged.
pub(super) fn open(dir: &Path) -> Result<bool, StoreError> {
    let seal = dir.join(SEAL);
    let sealed = match fs::read_to_string(&seal) {
        Ok(sealed) => sealed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(StoreError::Io(seal, error)),
    };
    let found = checksums(dir).map_err(StoreError::io(dir))?;
    if let Some(changed) = sealed.lines().find(|line| !found.lines().any(|other| other == *line)) {
        let name = changed.split_once("  ").map_or(changed, |(_, name)| name);
        return Err(StoreError::damaged(dir, format!("{name} has changed since the server stopped")));
    }
    fs::remove_file(&seal)
        .and_then(|()| File::open(dir))
        .and_then(|dir| dir.sync_all())
        .map_err(StoreError::io(&seal))?;
    Ok(true)
}

/// Returns a line `checksum  name` for each file of sled.
fn checksums(dir: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    list(dir, &mut files)?;
    files.sort();
    let mut text = String::new();
    for path in files {
        let name = path.strip_prefix(dir).unwrap_or(&path).display();
        let mut hash = Hash(Sha256::new());
        io::copy(&mut File::open(&path)?, &mut hash)?;
        let sum = data_encoding::HEXLOWER.encode(&hash.0.finalize());
        writeln!(text, "{sum}  {name}").map_err(io::Error::other)?;
    }
    Ok(text)
}

fn list(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            list(&entry.path(), files)?;
        } else if !name.to_string_lossy().starts_with(SEAL) && name != super::open::MARKER {
            files.push(entry.path());
        }
    }
    Ok(())
}

struct Hash(Sha256);

impl io::Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

//! Files and directories that only their owner can use. Nearly everything that the server writes contains
//! secrets: password hashes, cloak keys, addresses, private messages.
//!
//! Leaves contents to others. Invariant: no other module creates files or directories or changes their mode,
//! except for sockets whose mode is configured (`tests/tidy/` checks this), and the server never gives group
//! or others a permission.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::umask;

use crate::config::LogType;

const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;
/// Permissions of everyone but the owner.
const OTHERS: u32 = 0o077;
/// Permissions and the bits beside them.
const MODE: u32 = 0o7777;

/// Sets the umask so that group and others get no permissions for files that this process creates from now
/// on, including those of libraries and of programs that it starts. Must be called before other threads
/// start.
pub fn restrict_new_files() {
    umask(Mode::RWXG | Mode::RWXO);
}

/// Returns options to open a file; if they create it, only its owner can use it.
pub fn options() -> OpenOptions {
    let mut options = File::options();
    options.mode(FILE_MODE);
    options
}

/// Writes a file from its beginning.
///
/// # Errors
/// If it cannot be created or written. Its content may then be incomplete.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    io::Write::write_all(&mut options().create(true).truncate(true).write(true).open(path)?, content.as_ref())
}

/// Copies the content of a file.
///
/// # Errors
/// If `from` cannot be read or `to` cannot be written. `to` may then be incomplete.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    io::copy(&mut source, &mut options().create(true).truncate(true).write(true).open(to)?).map(drop)
}

/// Creates a directory.
///
/// # Errors
/// If it exists or cannot be created.
pub fn create_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(DIRECTORY_MODE).create(path)
}

/// Creates a directory and those above it. Does nothing if it exists.
///
/// # Errors
/// If it cannot be created.
pub fn create_dir_all(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(path)
}

/// Restricts the socket to its owner.
///
/// # Errors
/// If its mode cannot be changed.
pub fn restrict_socket(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(FILE_MODE))
}

/// Removes all permissions of group and others from a file, or from a directory and everything in it, and
/// logs a warning if there were any. Ignores a path that does not exist, and everything except files and
/// directories. A path that cannot be restricted is logged and left unchanged, because it may belong to
/// another user on purpose.
pub fn restrict(path: &Path) {
    let mut found = Vec::new();
    // Only the path itself may be a link, because the administrator has chosen it.
    if let Ok(metadata) = fs::metadata(path) {
        collect(path.to_owned(), &metadata, &mut found);
    }
    let Some((first, mode)) = found.first() else { return };
    let failed: Vec<(&Path, io::Error)> = found.iter().filter_map(try_restrict).collect();
    let (first, more) = (first.display(), found.len() - 1);
    match &failed[..] {
        [] if more == 0 => {
            tracing::warn!(
                target: LogType::Server.name(),
                "restricted to its owner: {first} (its mode was {mode:04o})"
            );
        }
        [] => tracing::warn!(
            target: LogType::Server.name(),
            "restricted to its owner: {first} (its mode was {mode:04o}), and {more} more in {}",
            path.display()
        ),
        [(path, error), ..] => tracing::warn!(
            target: LogType::Server.name(),
            "other users of this machine can access {}, and it cannot be restricted: {error}",
            path.display()
        ),
    }
}

/// Restricts a path; returns the path and the error if that fails.
fn try_restrict((path, mode): &(PathBuf, u32)) -> Option<(&Path, io::Error)> {
    let restricted = fs::set_permissions(path, fs::Permissions::from_mode(mode & !OTHERS));
    restricted.err().map(|error| (path.as_path(), error))
}

/// Adds those of a path and everything below it for which group or others have a permission.
fn collect(path: PathBuf, metadata: &fs::Metadata, found: &mut Vec<(PathBuf, u32)>) {
    let (kind, mode) = (metadata.file_type(), metadata.permissions().mode() & MODE);
    if !kind.is_file() && !kind.is_dir() {
        return;
    }
    if mode & OTHERS != 0 {
        found.push((path.clone(), mode));
    }
    // A directory that cannot be read contains nothing that the server can use.
    for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
        if let Ok(metadata) = entry.metadata() {
            collect(entry.path(), &metadata, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & MODE
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn created_files_and_directories_are_for_their_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let (file, inner, deep) = (dir.path().join("file"), dir.path().join("a"), dir.path().join("b/c"));
        write(&file, "text").unwrap();
        create_dir(&inner).unwrap();
        create_dir_all(&deep).unwrap();
        create_dir_all(&deep).unwrap();
        assert_eq!([mode(&file), mode(&inner), mode(&deep)], [0o600, 0o700, 0o700]);
        assert_eq!(mode(deep.parent().unwrap()), 0o700);
        assert!(create_dir(&inner).is_err());
    }

    #[test]
    fn everything_below_a_directory_is_restricted_and_nothing_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let (tree, other) = (dir.path().join("tree"), dir.path().join("other"));
        create_dir_all(&tree.join("inner")).unwrap();
        for (path, open) in
            [(tree.join("inner/file"), 0o666), (tree.join("read-only"), 0o444), (other.clone(), 0o644)]
        {
            write(&path, "").unwrap();
            set_mode(&path, open);
        }
        set_mode(&tree, 0o755);
        set_mode(&tree.join("inner"), 0o2751);
        std::os::unix::fs::symlink(&other, tree.join("link")).unwrap();
        restrict(&tree);
        restrict(&dir.path().join("absent"));
        let modes = ["", "inner", "inner/file", "read-only"].map(|name| mode(&tree.join(name)));
        assert_eq!(modes, [0o700, 0o2700, 0o600, 0o400]);
        assert_eq!(mode(&other), 0o644);
    }
}

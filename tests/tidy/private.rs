//! Only `src/private.rs` creates files, so that no file is readable by other users of the machine.

use super::{before_tests, code};

/// Calls that create a file or directory, or change its mode.
const CREATORS: &[&str] = &[
    "DirBuilder::new(",
    "File::create(",
    "File::create_new(",
    "File::options(",
    "OpenOptions::new(",
    "fs::copy(",
    "fs::create_dir(",
    "fs::create_dir_all(",
    "fs::set_permissions(",
    "fs::write(",
];

/// Files that may contain these calls, with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("src/net/address.rs", "the mode of a Unix socket is configured"),
    ("src/private.rs", "it creates files for all others"),
];

/// Other modules create files and directories through `private`.
pub fn creators(path: &str, text: &str) -> Vec<String> {
    if !path.starts_with("src/") {
        return Vec::new();
    }
    let is_exception = EXCEPTIONS.iter().any(|(exception, _)| path == *exception);
    let mut found = Vec::new();
    for (number, line) in (1..).zip(before_tests(path, text).lines()) {
        let used = CREATORS.iter().filter(|creator| calls(code(line), creator));
        found.extend(used.map(|creator| format!("{path}:{number}: private creates files, not {creator}…)")));
    }
    match (is_exception, found.is_empty()) {
        (true, true) => vec![format!("{path}: it creates no file; remove it from EXCEPTIONS")],
        (true, false) => Vec::new(),
        (false, _) => found,
    }
}

/// Returns whether a line contains the call itself, and not that of a type whose name ends with the same
/// word.
fn calls(line: &str, call: &str) -> bool {
    line.match_indices(call).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

#[test]
fn creation_of_files_elsewhere() {
    let count = |path: &str, line: &str| creators(path, &format!("//! x\n\n{line}\n")).len();
    for line in
        ["let file = File::create(path)?;", "std::fs::write(path, text)?;", "fs::create_dir_all(dir)?;"]
    {
        assert_eq!(count("src/store/open.rs", line), 1, "{line}");
        assert_eq!(count("tests/net/main.rs", line), 0, "{line}");
        assert_eq!(count("src/private.rs", line), 0, "{line}");
    }
    for line in ["ExportFile::create(path)", "private::options().open(path)", "File::open(path)"] {
        assert_eq!(count("src/store/open.rs", line), 0, "{line}");
        assert_eq!(count("src/private.rs", line), 1, "{line}");
    }
}

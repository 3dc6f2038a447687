//! The form of stored data: the list next to `engine::stored` must match the code, and has a version.
//! `UPDATE=1 cargo test --test engine form` rewrites the list with the next version.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules with types that occur in snapshots and events. Records, which are JSON, have their own
/// versions.
const ROOTS: [&str; 8] = ["text", "i18n", "wire", "history", "config", "auth", "state", "engine"];
const OTHERS: [&str; 3] = ["src/core/state/record/", "src/core/auth/script.rs", "src/core/auth/token.rs"];
/// Files that write values field by field.
const BY_HAND: [&str; 3] =
    ["src/core/state/snapshot.rs", "src/core/engine/stored/event.rs", "src/core/engine/stored/snapshot.rs"];

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| files(&entry.unwrap().path(), found));
    } else {
        found.push(path.to_owned());
    }
}

/// Returns code without comments, with single spaces.
fn plain(code: &str) -> String {
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    let words: Vec<String> = lines.flat_map(str::split_whitespace).map(str::to_owned).collect();
    words.join(" ")
}

/// Returns the item at the beginning of the code, up to its semicolon or closing brace.
fn item(code: &str) -> &str {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && (c == ';' || c == '}') {
            return &code[..=at];
        }
    }
    code
}

/// Returns the stored types of a file, and the implementations that write them.
fn forms(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, attribute) in code.match_indices("#[derive(") {
        let end = at + code[at..].find(")]").unwrap();
        if code[at + attribute.len()..end].split(',').any(|name| name.trim() == "Deserialize") {
            found.push(plain(item(&code[end + 2..])).replace("pub(super) ", "").replace("pub ", ""));
        }
    }
    // The table of jobs declares the variants of `JobAnswer`.
    for (at, _) in code.match_indices("\njobs! {") {
        found.push(plain(item(&code[at..])));
    }
    for (at, _) in code.match_indices(" Serialize for ") {
        let start = code[..at].rfind('\n').map_or(0, |line_end| line_end + 1);
        found.push(plain(item(&code[start..])));
    }
    found
}

fn form_of_the_code() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    ROOTS.iter().for_each(|module| files(&root.join("src/core").join(module), &mut paths));
    let mut lines = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        if name.ends_with("tests.rs") || OTHERS.iter().any(|other| name.starts_with(other)) {
            continue;
        }
        let code = fs::read_to_string(path).unwrap();
        lines.extend(forms(code.split("\n#[cfg(test)]").next().unwrap_or_default()));
        if BY_HAND.contains(&name) {
            let checksum = crc32fast::hash(plain(&code).as_bytes());
            lines.push(format!("{name}: {checksum:08x}"));
        }
    }
    lines.sort();
    lines.join("\n") + "\n"
}

#[test]
fn a_changed_form_has_a_new_version() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/core/engine/stored/form.txt");
    let listed = fs::read_to_string(&path).unwrap_or_default();
    let (version, list) = listed.split_once('\n').unwrap_or(("version 0", ""));
    let form = form_of_the_code();
    if form == list {
        return;
    }
    let number: u32 = version.strip_prefix("version ").unwrap().parse().unwrap();
    let new = |line: &&str| !list.lines().any(|old| old == *line);
    let changed: Vec<&str> = form.lines().filter(new).collect();
    assert!(
        std::env::var_os("UPDATE").is_some(),
        "the form of stored data has changed:\n{}\n\
         UPDATE=1 cargo test --test engine form gives it version {}",
        changed.join("\n"),
        number + 1
    );
    fs::write(&path, format!("version {}\n{form}", number + 1)).unwrap();
}

#[test]
fn all_stored_types_are_found() {
    let form = form_of_the_code();
    for name in ["struct Session {", "struct User {", "struct Channel {", "struct Ring {", "enum Phase {"] {
        assert_eq!(form.matches(name).count(), 1, "{name}");
    }
    assert!(form.contains("phase: Phase,"));
    assert!(form.contains("=> HostFound(Option<String>),"));
}

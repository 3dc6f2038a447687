//! Rules that the compiler does not check. Each is a function from a file's path and text to the
//! violations in it, so that the tests at the end can check that it finds them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

mod engine;
mod private;
mod prose;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// Words that the core must not contain, in addition to the items that `clippy.toml` forbids. It cannot use
/// crates such as tokio, because `src/core/Cargo.toml` does not name them.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::thread",
    "std::net::Tcp",
    "std::net::Udp",
    "std::env",
    "std::process",
    "Instant::now",
    "SystemTime",
    "println!",
    "async fn",
];

/// Files of the engine that may change the state, with the reason.
const APPLIERS: &[(&str, &str)] = &[
    ("src/core/engine/commit.rs", "it applies announced facts"),
    ("src/core/engine/context/ledger.rs", "it wraps the state"),
    ("src/core/engine/context/turn.rs", "it contains the ledger"),
    ("src/core/engine/door/host.rs", "it sets the hosts of restored users before the engine starts"),
    ("src/core/engine/mod.rs", "it restores the state before the engine starts"),
];

const UNFINISHED: &[&str] = &["todo!(", "unimplemented!(", "dbg!("];

/// Files and directories to check. Directories that build tools create are in `SKIPPED`.
const ROOTS: &[&str] = &[
    ".ci",
    ".config",
    "docs",
    "fuzz",
    "languages",
    "scripts",
    "src",
    "tests",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "ircd.yaml",
    "motd.txt",
    "rustfmt.toml",
];
const SKIPPED: &[&str] = &["node_modules", "target", "corpus", "artifacts", "__pycache__"];

/// The attribute with which clippy checks the core.
const CORE_LINTS: &str =
    "#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]";

/// Modules in the order of a table, in `src/core/lib.rs`, `src/lib.rs` or `src/core/engine/mod.rs`: a module
/// may use only those above it.
struct Order {
    modules: Vec<String>,
}

impl Order {
    fn read(text: &str) -> Order {
        let row = |line: &str| {
            let (module, _) = line.strip_prefix("//! | [`")?.split_once("`]")?;
            Some(module.to_owned())
        };
        Order { modules: text.lines().filter_map(row).collect() }
    }

    fn rank(&self, module: &str) -> Option<usize> {
        self.modules.iter().position(|name| name == module)
    }

    /// Returns the module that a file belongs to, by its path within the folder that the table is about.
    fn module<'a>(&self, folder: &str, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(folder)?;
        let module = rest.split('/').next()?.trim_end_matches(".rs");
        self.rank(module).map(|_| module)
    }
}

/// Returns a line without its comment. A `//` in a string counts as a comment, which does not matter here.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// The table in a `lib.rs` names every module that the file declares, and no others.
fn table(path: &str, text: &str) -> Vec<String> {
    let order = Order::read(text);
    let declared = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let declared: BTreeSet<&str> = declared.collect();
    let listed: BTreeSet<&str> = order.modules.iter().map(String::as_str).collect();
    let wrong = declared.symmetric_difference(&listed);
    wrong.map(|module| format!("{path}: {module} is in the table or in the code, not in both")).collect()
}

/// A module uses only modules above it. Tests may use any.
fn layers(order: &Order, path: &str, text: &str) -> Vec<String> {
    let module = order.module("src/core/", path).or_else(|| order.module("src/", path));
    let Some(module) = module else { return Vec::new() };
    let rank = order.rank(module);
    let mut breaches = Vec::new();
    for (number, used) in used_modules(before_tests(path, text)) {
        if used != module && order.rank(&used).is_some_and(|other| Some(other) > rank) {
            breaches
                .push(format!("{path}:{number}: {module} must not use {used}, which is below it in lib.rs"));
        }
    }
    breaches
}

/// Returns every module that is named after `crate::`, also in a group `crate::{a, b::c}`.
fn used_modules(text: &str) -> Vec<(usize, String)> {
    let stripped: String = text.lines().flat_map(|line| [code(line), "\n"]).collect();
    let mut used = Vec::new();
    for (at, _) in stripped.match_indices("crate::") {
        if stripped[..at].ends_with('$') {
            continue;
        }
        let number = stripped[..at].matches('\n').count() + 1;
        let rest = &stripped[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => used.extend(heads(group).into_iter().map(|head| (number, head))),
            None => used.push((number, word(rest))),
        }
    }
    used
}

/// Returns the first names of the paths in a group, up to its closing brace.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut expected) = (0, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            c if expected && (c.is_alphanumeric() || c == '_') => {
                heads.push(word(&group[at..]));
                expected = false;
            }
            _ => {}
        }
    }
    heads
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Returns the part of a file before its test module.
fn before_tests<'a>(path: &str, text: &'a str) -> &'a str {
    if path.ends_with("/tests.rs") || path.contains("/tests/") {
        return "";
    }
    match text.find("\n#[cfg(test)]\nmod ").or_else(|| text.find("\n#[cfg(test)]\n#[path")) {
        Some(end) => &text[..end + 1],
        None => text,
    }
}

/// Nothing follows the test module, because the other rules stop there.
fn after_tests(path: &str, text: &str) -> Option<String> {
    let own = before_tests(path, text);
    let mut inside = own.is_empty();
    for line in text[own.len()..].lines() {
        let opens = line.starts_with("mod ");
        if !(inside || opens || line.is_empty() || line.starts_with("#[")) {
            return Some(format!("{path}: code after the tests: {line:?}"));
        }
        inside = if inside { own.is_empty() || line != "}" } else { opens && line.ends_with('{') };
    }
    None
}

/// The core does not use impure items.
fn purity(path: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if !path.starts_with("src/core/") {
        return breaches;
    }
    for (number, line) in (1..).zip(before_tests(path, text).lines()) {
        let found = IMPURE.iter().filter(|word| code(line).contains(**word));
        breaches.extend(found.map(|word| format!("{path}:{number}: the core is pure, so no {word}")));
    }
    if path == "src/core/lib.rs" && !text.contains(CORE_LINTS) {
        breaches.push(format!("{path}: clippy does not check that the core is pure"));
    }
    breaches
}

/// Handlers only read the state, and change it by committing facts. The type `Ledger` enforces that nothing
/// else changes the state, but not that only `commit` applies facts.
fn handlers(path: &str, text: &str) -> Vec<String> {
    if !path.starts_with("src/core/engine/") || APPLIERS.iter().any(|(applier, _)| path == *applier) {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for (number, line) in (1..).zip(before_tests(path, text).lines()) {
        if ["ledger.apply(", "state.apply(", "&mut State", "&mut Ledger"]
            .iter()
            .any(|word| code(line).contains(word))
        {
            breaches.push(format!("{path}:{number}: handlers read with state() and change with commit()"));
        }
    }
    breaches
}

/// The target of a log record is a `LogType`, so that logs can select it.
fn log_types(path: &str, text: &str) -> Vec<String> {
    let lines = (1..).zip(before_tests(path, text).lines());
    let literal = lines.filter(|(_, line)| path.starts_with("src/") && code(line).contains("target: \""));
    literal.map(|(number, _)| format!("{path}:{number}: the target is not the name of a LogType")).collect()
}

/// Rust files begin with a module comment, are short and contain nothing unfinished.
fn rust(path: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if !text.starts_with("//!") && !text.starts_with("#!") {
        breaches.push(format!("{path}:1: it does not begin with a //! comment"));
    }
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX {
        breaches.push(format!("{path}: it has {lines} lines, more than {FILE_LINES_MAX}"));
    }
    if path != "tests/tidy/main.rs" {
        for (number, line) in (1..).zip(text.lines()) {
            let found = UNFINISHED.iter().filter(|word| code(line).contains(**word));
            breaches.extend(found.map(|word| format!("{path}:{number}: unfinished: {word}…)")));
        }
    }
    breaches
}

/// Functions are short, except in tests, which contain tables. Relies on rustfmt: a function ends at the
/// first `}` indented like its `fn`.
fn functions(path: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    let lines: Vec<&str> = before_tests(path, text).lines().collect();
    for (start, line) in lines.iter().enumerate() {
        let body = line.trim_start();
        let is_function = body.starts_with("fn ") || (body.contains(" fn ") && !body.starts_with("//"));
        if !is_function || body.ends_with(';') || body.ends_with('}') {
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - body.len()]);
        let length = lines[start..].iter().position(|line| *line == end).map_or(0, |last| last + 1);
        if length > FUNCTION_LINES_MAX {
            let number = start + 1;
            breaches.push(format!(
                "{path}:{number}: {length} lines in one function, more than {FUNCTION_LINES_MAX}"
            ));
        }
    }
    breaches
}

/// Text files have LF line endings, no tabs and no trailing whitespace.
fn whitespace(path: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    for (number, line) in (1..).zip(text.split('\n')) {
        if line.contains('\r') {
            breaches.push(format!("{path}:{number}: it ends with CR LF"));
        } else if line.ends_with([' ', '\t']) {
            breaches.push(format!("{path}:{number}: trailing whitespace"));
        } else if line.contains('\t') {
            breaches.push(format!("{path}:{number}: a tab"));
        }
    }
    if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
        breaches.push(format!("{path}: it does not end with exactly one line ending"));
    }
    breaches
}

fn breaches(order: &Order, path: &str, text: &str) -> Vec<String> {
    let mut found = whitespace(path, text);
    found.extend(prose::architecture(path, text));
    found.extend(prose::phrases(path, text));
    found.extend(prose::long_lines(path, text));
    if path.ends_with(".rs") {
        found.extend(rust(path, text));
        found.extend(functions(path, text));
        found.extend(layers(order, path, text));
        found.extend(purity(path, text));
        found.extend(after_tests(path, text));
        found.extend(handlers(path, text));
        found.extend(private::creators(path, text));
        found.extend(log_types(path, text));
    }
    found
}

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            if !SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
                files(&entry.path(), found);
            }
        }
    } else {
        found.push(path.to_owned());
    }
}

#[test]
fn the_repository_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let (core, lib) = (read("src/core/lib.rs"), read("src/lib.rs"));
    let order = Order::read(&(core.clone() + &lib));
    assert!(order.modules.len() > 10, "there are no tables of modules in src/core/lib.rs and src/lib.rs");
    let mut paths = Vec::new();
    let mut found = table("src/core/lib.rs", &core);
    found.extend(table("src/lib.rs", &lib));
    for name in ROOTS {
        match root.join(name) {
            path if path.exists() => files(&path, &mut paths),
            _ => found.push(format!("tests/tidy/main.rs: ROOTS names {name}, which does not exist")),
        }
    }
    paths.sort();
    let parts = engine::Parts::read(&read("src/core/engine/mod.rs"));
    found.extend(parts.table());
    let names = paths.iter().map(|path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
    found.extend(engine::entries(&names.collect::<Vec<String>>()));
    for path in paths {
        // Binary files have no lines.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        found.extend(breaches(&order, name, &text));
        if name.ends_with(".rs") {
            found.extend(parts.layers(name, &text));
        }
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[cfg(test)]
mod finds {
    use super::*;

    fn order() -> Order {
        Order::read(&["text", "engine", "net"].map(|name| format!("//! | [`{name}`] | x |\n")).concat())
    }

    fn count(path: &str, text: &str) -> usize {
        breaches(&order(), path, text).len()
    }

    #[test]
    fn nothing_in_a_tidy_file() {
        assert_eq!(count("src/core/engine/mod.rs", "//! x\n\nuse crate::text::Nick; // tokio\n"), 0);
        assert_eq!(
            count("src/net/mod.rs", "//! x\n\nuse crate::{engine, text::{a, b}};\nuse tokio::net;\n"),
            0
        );
        assert_eq!(
            count("src/core/text/mod.rs", "//! x\n\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n"),
            0
        );
    }

    #[test]
    fn code_after_the_tests() {
        let tests = "//! x\n\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        assert_eq!(count("src/core/text/mod.rs", &format!("{tests}\nuse tokio::net;\n")), 1);
    }

    #[test]
    fn use_of_a_module_below() {
        assert_eq!(count("src/core/text/mod.rs", "//! x\n\nuse crate::engine::Engine;\n"), 1);
        assert_eq!(count("src/core/text/mod.rs", "//! x\n\nuse crate::{text, engine::{A, B}, net};\n"), 2);
        assert_eq!(
            count("src/core/engine/command/join.rs", "//! x\n\nfn f() {\n    crate::net::close();\n}\n"),
            1
        );
    }

    #[test]
    fn impurity() {
        for line in ["use std::net::TcpStream;", "use std::fs;", "let t = Instant::now();", "async fn f() {}"]
        {
            assert_eq!(count("src/core/engine/mod.rs", &format!("//! x\n\n{line}\n")), 1, "{line}");
        }
        assert_eq!(count("src/net/mod.rs", "//! x\n\nuse tokio::net;\n"), 0);
    }

    #[test]
    fn a_handler_that_changes_the_state() {
        let handler = |line: &str| count("src/core/engine/command/join.rs", &format!("//! x\n\n{line}\n"));
        for line in
            ["cx.ledger.apply(moment, fact);", "fn f(ledger: &mut Ledger) {}", "fn f(state: &mut State) {}"]
        {
            assert_eq!(handler(line), 1, "{line}");
        }
        for line in ["let user = &cx.state().users[id];", "use crate::state::State;", "cx.commit(fact);"] {
            assert_eq!(handler(line), 0, "{line}");
        }
        assert_eq!(count("src/core/engine/commit.rs", "//! x\n\nturn.ledger.apply(moment, fact);\n"), 0);
    }

    #[test]
    fn a_log_record_of_no_type() {
        let record = |target: &str| format!("//! x\n\nfn f() {{\n    info!(target: {target}, \"x\");\n}}\n");
        assert_eq!(count("src/net/mod.rs", &record("\"sever\"")), 1);
        assert_eq!(count("src/net/mod.rs", &record("LogType::Server.name()")), 0);
    }

    #[test]
    fn an_outdated_table() {
        let good = "//! | [`text`] | x |\n//! | [`net`] | x |\n\npub mod text;\npub mod net;\n";
        assert_eq!(table("src/lib.rs", good), [""; 0]);
        assert_eq!(table("src/lib.rs", &good.replace("mod net", "mod new")).len(), 2);
    }

    #[test]
    fn a_core_that_clippy_does_not_check() {
        assert_eq!(count("src/core/lib.rs", &format!("//! x\n\n{CORE_LINTS}\n")), 0);
        assert_eq!(count("src/core/lib.rs", "//! x\n"), 1);
    }

    #[test]
    fn long_files_and_functions() {
        let long = |lines: usize| format!("//! x\n\nfn f() {{\n{}}}\n", "    g();\n".repeat(lines));
        assert_eq!(count("src/net/a.rs", &long(68)), 0);
        assert_eq!(count("src/net/a.rs", &long(69)), 1);
        assert_eq!(count("src/net/a.rs", &format!("//! x\n{}", "const A: u8 = 1;\n".repeat(500))), 1);
    }

    #[test]
    fn invisible_characters() {
        assert_eq!(count("README.md", "a \n"), 1);
        assert_eq!(count("README.md", "a\tb\n"), 1);
        assert_eq!(count("README.md", "a\r\n"), 1);
        assert_eq!(count("README.md", "a"), 1);
        assert_eq!(count("README.md", "a\n\n"), 1);
    }

    #[test]
    fn unfinished_code_and_missing_module_comments() {
        assert_eq!(count("src/net/a.rs", "//! x\n\nfn f() {\n    todo!()\n}\n"), 1);
        assert_eq!(count("src/net/a.rs", "fn f() {}\n"), 1);
    }
}

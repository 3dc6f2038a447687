//! The order of the engine's parts: each may use only those above it in the table of
//! `src/core/engine/mod.rs`.

use std::collections::BTreeSet;

use super::{Order, before_tests, code, heads, word};

/// Maximum number of files and folders directly in `src/core/engine`.
const ENGINE_ENTRIES_MAX: usize = 17;

/// Files of the engine that may use the items of its `mod.rs`, because they implement methods of `Engine`.
const ENGINE_PARTS: &[&str] = &[
    "src/core/engine/reload.rs",
    "src/core/engine/session/dispatch.rs",
    "src/core/engine/stored/snapshot.rs",
];

/// The parts of the engine, and the text of the file that declares them.
pub struct Parts {
    order: Order,
    text: String,
}

impl Parts {
    /// Parses `src/core/engine/mod.rs`.
    pub fn read(text: &str) -> Parts {
        let order = Order::read(text);
        assert!(order.modules.len() > 1, "src/core/engine/mod.rs has no table of parts");
        Parts { order, text: text.to_owned() }
    }

    /// The table names all parts and nothing else.
    pub fn table(&self) -> Vec<String> {
        let declared = self.text.lines().filter_map(|line| {
            let line = line.strip_prefix("pub ").unwrap_or(line);
            line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'))
        });
        let declared: BTreeSet<&str> = declared.collect();
        let known: BTreeSet<&str> = self.order.modules.iter().map(String::as_str).collect();
        let wrong = declared.symmetric_difference(&known);
        wrong
            .map(|name| format!("src/core/engine/mod.rs: {name} must be both in the table and in the code"))
            .collect()
    }

    /// A part uses only parts above it, and no items of `mod.rs` itself. Tests may use all.
    pub fn layers(&self, path: &str, text: &str) -> Vec<String> {
        let Some(part) = self.order.module("src/core/engine/", path) else { return Vec::new() };
        let rank = self.order.rank(part);
        let mut breaches = Vec::new();
        let mut uses_root = false;
        for (number, used) in used_parts(path, before_tests(path, text)) {
            match self.order.rank(&used) {
                Some(other) if Some(other) > rank => breaches.push(format!(
                    "{path}:{number}: {part} must not use {used}, which is below it in src/core/engine/mod.rs"
                )),
                Some(_) => {}
                None if ENGINE_PARTS.contains(&path) => uses_root = true,
                None => breaches.push(format!("{path}:{number}: only src/core/engine/mod.rs may use {used}")),
            }
        }
        if ENGINE_PARTS.contains(&path) && !uses_root {
            breaches.push(format!("{path}: it does not use Engine; remove it from ENGINE_PARTS"));
        }
        breaches
    }
}

/// Returns the names directly in the engine that a file of it uses, after `crate::engine::` or the same path
/// with `super::`.
fn used_parts(path: &str, text: &str) -> Vec<(usize, String)> {
    let stripped: String = text.lines().flat_map(|line| [code(line), "\n"]).collect();
    let within = path.trim_start_matches("src/core/engine/").trim_end_matches(".rs").trim_end_matches("/mod");
    let up = "super::".repeat(within.split('/').count());
    let mut used = Vec::new();
    for prefix in ["crate::engine::", &up] {
        for (at, _) in stripped.match_indices(prefix) {
            let (before, rest) = (&stripped[..at], &stripped[at + prefix.len()..]);
            if before.ends_with("super::") || before.ends_with("in ") || rest.starts_with("super::") {
                continue;
            }
            let number = before.matches('\n').count() + 1;
            match rest.strip_prefix('{') {
                Some(group) => used.extend(heads(group).into_iter().map(|head| (number, head))),
                None => used.push((number, word(rest))),
            }
        }
    }
    used
}

/// The engine has only a few entries at its top level.
pub fn entries(paths: &[String]) -> Vec<String> {
    let within = paths.iter().filter_map(|path| path.strip_prefix("src/core/engine/"));
    let entries: BTreeSet<&str> = within.filter_map(|path| path.split('/').next()).collect();
    match entries.len() {
        ..=ENGINE_ENTRIES_MAX => Vec::new(),
        count => vec![format!("src/core/engine: it has {count} entries, more than {ENGINE_ENTRIES_MAX}")],
    }
}

#[cfg(test)]
mod finds {
    use super::*;

    fn parts(names: &[&str]) -> Parts {
        let row = |name: &&str| format!("//! | [`{name}`] | x |\n");
        let declared = |name: &&str| format!("mod {name};\n");
        Parts::read(&names.iter().map(row).chain(names.iter().map(declared)).collect::<String>())
    }

    #[test]
    fn use_of_a_part_below() {
        let parts = parts(&["context", "door", "reload", "session"]);
        let count = |path, line: &str| parts.layers(path, &format!("//! x\n\n{line}\n")).len();
        for (path, line) in [
            ("src/core/engine/context/cx.rs", "use crate::engine::door::host;"),
            ("src/core/engine/context/cx.rs", "use crate::engine::{door, session::x};"),
            ("src/core/engine/context/cx.rs", "fn f() { super::super::door::f() }"),
            ("src/core/engine/context/mod.rs", "use super::door;"),
            ("src/core/engine/door.rs", "use super::session::x;"),
            ("src/core/engine/door.rs", "use super::Engine;"),
            ("src/core/engine/reload.rs", "use crate::engine::door::host;"),
        ] {
            assert_ne!(count(path, line), 0, "{path}: {line}");
        }
        for (path, line) in [
            ("src/core/engine/door/host.rs", "use crate::engine::context::cx::Cx;"),
            ("src/core/engine/door/host.rs", "use super::bans;"),
            ("src/core/engine/session/dispatch.rs", "use crate::engine::Engine;"),
            ("src/core/engine/context/cx.rs", "pub(in crate::engine) fn f() {}"),
        ] {
            assert_eq!(count(path, line), 0, "{path}: {line}");
        }
    }

    #[test]
    fn an_outdated_table() {
        let mut parts = parts(&["context", "door"]);
        assert_eq!(parts.table(), [""; 0]);
        parts.text = parts.text.replace("mod door", "mod gate");
        assert_eq!(parts.table().len(), 2);
    }

    #[test]
    fn too_many_entries() {
        let many: Vec<String> = (0..=ENGINE_ENTRIES_MAX).map(|n| format!("src/core/engine/{n}.rs")).collect();
        assert_eq!((entries(&many).len(), entries(&many[1..]).len()), (1, 0));
    }
}

//! Old forms of connection limits and of the line length.

use super::super::yaml::problem::Severity;
use super::super::yaml::section::Problems;
use super::super::yaml::tree::{Node, Tree};

/// Two old sections that are now `server.ip-limits`: the section, its old keys and their new names.
const LIMITS: [(&str, &[(&str, &str)]); 2] = [
    (
        "connection-limits",
        &[
            ("enabled", "count"),
            ("ips-per-subnet", "max-concurrent-connections"),
            ("connections-per-subnet", "max-concurrent-connections"),
        ],
    ),
    (
        "connection-throttling",
        &[("enabled", "throttle"), ("duration", "window"), ("max-connections", "max-connections-per-window")],
    ),
];

/// Sections that Ergo introduced in 2.0. A file with one of them is newer than `limits.linelen`: its server
/// ignored that key, and lines had 512 bytes.
const NEWER: &[&[&str]] = &[
    &["accounts", "multiclient"],
    &["datastore", "mysql"],
    &["datastore", "sqlite"],
    &["history", "persistent"],
    &["limits", "multiline"],
    &["server", "casemapping"],
    &["server", "enforce-utf8"],
    &["server", "ip-limits"],
];

/// Merges the two sections into `ip-limits`.
pub(super) fn join(server: &mut Node, problems: &mut Problems) {
    let current = server.child("ip-limits").is_some();
    for (name, keys) in LIMITS {
        let Some(old) = server.take(name) else { continue };
        problems.push(&old, "`ip-limits`", "an old form of that section", Severity::Warning);
        let line = Node { tree: Tree::Map(Vec::new()), ..old.clone() };
        let Tree::Map(entries) = old.tree else { continue };
        if current {
            continue;
        }
        if server.child("ip-limits").is_none() {
            server.put("ip-limits", line);
        }
        let Some(limits) = server.child_mut("ip-limits") else { continue };
        for (key, child) in entries {
            let renamed = keys.iter().find(|(old, _)| *old == key);
            let key = renamed.map_or(key.as_str(), |(_, new)| new);
            if limits.child(key).is_none() {
                limits.put(key, child);
            }
        }
    }
}

/// Moves `limits.linelen.rest` to `server.max-line-len`.
pub(super) fn line_length(root: &mut Node, problems: &mut Problems) {
    if NEWER.iter().any(|path| root.find(path).is_some()) || root.find(&["server", "max-line-len"]).is_some()
    {
        return;
    }
    let Some(linelen) = root.child_mut("limits").and_then(|limits| limits.child_mut("linelen")) else {
        return;
    };
    let Some(rest) = linelen.take("rest") else { return };
    if linelen.tree == Tree::Map(Vec::new())
        && let Some(limits) = root.child_mut("limits")
    {
        limits.take("linelen");
    }
    problems.push(&rest, "`server.max-line-len`", "an old form of that key", Severity::Warning);
    if let Some(server) = root.child_mut("server") {
        server.put("max-line-len", rest);
    }
}

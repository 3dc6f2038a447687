//! The default configuration.

use std::collections::BTreeSet;
use std::fmt::Debug;

use super::*;
use crate::config::yaml::section::Problems;
use crate::config::yaml::tree::{self, Node, Tree};
use crate::config::*;

#[test]
fn it_loads_without_warnings() {
    let Loaded { config, warnings, not_yet } = loaded(DEFAULT_YAML);
    assert_eq!(shown(&warnings), "");
    assert_eq!(not_yet, Vec::<String>::new());
    let listeners: Vec<&str> = config.server.listeners.keys().map(String::as_str).collect();
    assert_eq!(listeners, ["127.0.0.1:6667", "[::1]:6667", ":6697", ":8097"]);
    assert!(config.server.listeners[":8097"].websocket && config.server.listeners[":8097"].tls.is_some());
    assert!(config.opers.is_empty());
}

/// Returns the default configuration with all commented-out keys enabled.
fn uncommented() -> String {
    let mut text = String::new();
    for line in DEFAULT_YAML.lines() {
        let body = line.trim_start();
        match body.strip_prefix('#') {
            Some(key) if !key.is_empty() && !key.starts_with(' ') => {
                text += &line[..line.len() - body.len()];
                text += key;
            }
            _ => text += line,
        }
        text.push('\n');
    }
    text
}

#[test]
fn commented_out_keys_load() {
    // Some of them exclude each other, as their comments say. These are the only errors.
    let problems = load(&uncommented(), &[]).err().unwrap_or_default();
    for problem in &problems {
        assert_ne!(problem.expected, "a known key", "{}", shown(&problems));
    }
}

#[test]
fn it_contains_every_key() {
    let mut found = BTreeSet::new();
    let root = tree::parse(&uncommented(), MAPS, &mut Problems::default()).unwrap();
    collect(&root, "", &mut found);
    let mut missing: Vec<String> = Vec::new();
    let mut expect = |prefix: &str, section: &dyn Debug| {
        missing.extend(keys(prefix, section).into_iter().filter(|key| !found.contains(key)));
    };
    expect("", &Config::default());
    expect("server.listeners.*", &Listener::default());
    expect("server.listeners.*.tls", &KeyPair::default());
    expect("server.listeners.*.tls-certificates.*", &KeyPair::default());
    expect("server.webirc.*", &Webirc::default());
    expect("server.ip-limits.custom-limits.*", &CustomLimit::default());
    expect("accounts.jwt-auth.tokens.*", &JwtToken::default());
    expect("oper-classes.*", &OperClass::default());
    expect("opers.*", &Oper::default());
    expect("logging.*", &Logging::default());
    expect("authtoken.services.*", &TokenService::default());
    expect("api.tls", &KeyPair::default());
    assert_eq!(missing, Vec::<String>::new());
}

/// A commented-out value is the default, unless `# default: …` or `# example` follows it.
#[test]
fn commented_out_values_are_the_defaults() {
    let base = format!("{MINIMAL}allow-environment-overrides: true\n");
    let standard = loaded(&base).config;
    let mut sections: Vec<(usize, &str)> = Vec::new();
    let mut wrong = Vec::new();
    for line in DEFAULT_YAML.lines() {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        let (body, is_commented_out) = match body.strip_prefix('#') {
            Some(key) if !key.is_empty() && !key.starts_with(' ') => (key, true),
            Some(_) => continue,
            None => (body, false),
        };
        let Some((key, value)) = body.split_once(':') else { continue };
        sections.retain(|(outer, _)| *outer < indent);
        sections.push((indent, key));
        // A variable cannot set items of lists, or keys below a name that an administrator chooses.
        let is_unreachable =
            |(_, key): &(usize, &str)| key.starts_with(['"', '-']) || key.starts_with("oper");
        if !is_commented_out || value.trim().is_empty() || sections.iter().any(is_unreachable) {
            continue;
        }
        let (value, note) = value.split_once(" # ").unwrap_or((value, ""));
        let value = note.strip_prefix("default: ").unwrap_or(value).trim();
        let path: Vec<&str> = sections.iter().map(|(_, key)| *key).collect();
        let name = format!("IRCD__{}", path.join("__").replace('-', "_").to_uppercase());
        let same = load(&base, &[(name, value.to_owned())]).is_ok_and(|loaded| loaded.config == standard);
        if same == (note == "example") {
            wrong.push(format!("{}: {value} # {note}", path.join(".")));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Collects all paths of the document, with `*` for names in maps and items of lists.
fn collect(node: &Node, path: &str, found: &mut BTreeSet<String>) {
    match &node.tree {
        Tree::Map(children) => {
            for (key, child) in children {
                let key = if MAPS.contains(&path) { "*" } else { key };
                let below = tree::join(path, key);
                collect(child, &below, found);
                found.insert(below);
            }
        }
        Tree::List(items) => items.iter().for_each(|item| collect(item, &tree::join(path, "*"), found)),
        _ => {}
    }
}

/// Returns the keys of a section, from the names of its fields as `Debug` prints them.
fn keys(prefix: &str, section: &dyn Debug) -> Vec<String> {
    let mut path: Vec<String> = Vec::new();
    let mut keys = Vec::new();
    for line in format!("{section:#?}").lines().skip(1) {
        let depth = line.chars().take_while(|c| *c == ' ').count() / 4;
        let Some((field, _)) = line.trim().split_once(": ") else { continue };
        if !field.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            continue;
        }
        path.truncate(depth - 1);
        path.push(field.replace('_', "-"));
        if path.len() == depth {
            keys.push(tree::join(prefix, &path.join(".")));
        }
    }
    keys
}

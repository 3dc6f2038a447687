//! Converts keys of older versions of Ergo and Oragono.
//!
//! A key with a current equivalent is moved there, and an obsolete key is removed. Both cause only a
//! warning, so that an old file never prevents a server from starting. Other keys of a section that moved
//! stay in place for its reader to check.

mod limits;
mod listeners;
mod mail;
mod tokens;

use super::yaml::problem::Severity;
use super::yaml::section::Problems;
use super::yaml::tree::{Node, Tree};

/// Sections that move as a whole, before any other change: section, old name, new path.
const MOVED: &[(&[&str], &str, &[&str])] = &[
    (&[], "authentication-enabled", &["accounts", "authentication-enabled"]),
    (&["registration"], "accounts", &["accounts", "registration"]),
    (&["registration"], "channels", &["channels", "registration"]),
];

/// Keys that were only renamed: section (`*` is every key or item), old name, new name.
const RENAMED: &[(&[&str], &str, &[&str])] = &[
    (&["accounts"], "bouncer", &["multiclient"]),
    (&["opers", "*"], "fingerprint", &["certfp"]),
    (&["server", "webirc", "*"], "fingerprint", &["certfp"]),
    (&["accounts", "registration", "email-verification"], "server", &["mta", "server"]),
    (&["accounts", "registration", "email-verification"], "port", &["mta", "port"]),
    (&["accounts", "registration", "email-verification"], "username", &["mta", "username"]),
    (&["accounts", "registration", "email-verification"], "password", &["mta", "password"]),
    (&["accounts", "registration", "email-verification"], "implicit-tls", &["mta", "implicit-tls"]),
];

/// Obsolete keys: section, name, replacement.
const RETIRED: &[(&[&str], &str, &str)] = &[
    (&[], "operator", "opers"),
    (&[], "registration", "accounts.registration"),
    (&[], "theater", "roleplay"),
    (&["accounts", "nick-reservation"], "rename-timeout", "method: strict"),
    (&["accounts", "registration"], "allow-multiple-per-connection", "nothing"),
    (&["accounts", "registration"], "enabled-callbacks", "email-verification.enabled"),
    (&["accounts", "registration"], "callbacks", "email-verification"),
    (&["accounts", "registration", "email-verification"], "blacklist-regexes", "address-blacklist"),
    (&["accounts", "registration", "email-verification"], "tls", "mta.implicit-tls"),
    (&["accounts", "registration", "email-verification"], "verify-message", "nothing"),
    (&["accounts", "vhosts"], "offer-list", "nothing"),
    (&["accounts", "vhosts"], "user-requests", "nothing"),
    (&["accounts", "vhosts"], "validregexp", "valid-regexp"),
    (&["api", "tls"], "proxy", "nothing"),
    (&["datastore"], "sqlite-path", "path"),
    (&["debug"], "stackimpact", "nothing"),
    (&["extjwt"], "description", "nothing"),
    (&["extjwt"], "url", "nothing"),
    (&["languages"], "data", "path"),
    (&["limits"], "linelen", "server.max-line-len"),
    (&["server"], "allow-plaintext-resume", "nothing"),
    (&["server"], "database", "datastore.path"),
    (&["server"], "log", "logging"),
    (&["server"], "passconfig", "password"),
    (&["server"], "rest-api", "api"),
    (&["server", "ip-cloaking"], "secret-environment-variable", "nothing"),
    (&["server", "ip-limits"], "ban-duration", "nothing"),
    (&["server", "ip-limits"], "ban-message", "nothing"),
    (&["server", "ip-limits"], "throttle-ban-duration", "nothing"),
    (&["server", "listeners", "*", "tls-certificates", "*"], "proxy", "proxy"),
];

/// Converts the document. Returns the features of old versions that it enables but this one does not
/// support.
pub(super) fn update(root: &mut Node, problems: &mut Problems) -> Vec<&'static str> {
    for (section, old, new) in MOVED {
        move_section(root, section, old, new, problems);
    }
    each(root, &["accounts", "registration"], &mut |node| mail::callback(node, problems));
    each(root, &["accounts", "registration", "email-verification"], &mut |node| {
        mail::blacklist(node, problems)
    });
    for (section, old, new) in RENAMED {
        each(root, section, &mut |node| rename(node, old, new, problems));
    }
    limits::line_length(root, problems);
    each(root, &["server"], &mut |server| limits::join(server, problems));
    each(root, &["server"], &mut |server| listeners::update(server, problems));
    each(root, &["accounts", "nick-reservation"], &mut |node| guest_format(node, problems));
    each(root, &["history", "restrictions"], &mut |node| query_cutoff(node, problems));
    each(root, &["extjwt"], &mut |node| tokens::keys(node, problems));
    each(root, &["extjwt", "services", "*"], &mut |node| tokens::keys(node, problems));
    let mut unsupported = Vec::new();
    each(root, &["accounts"], &mut |node| unsupported.extend(directory(node, problems)));
    for (section, old, instead) in RETIRED {
        each(root, section, &mut |node| {
            if let Some(old) = node.take(old) {
                let expected = match *instead {
                    "nothing" => "no such key".to_owned(),
                    key => format!("`{key}`"),
                };
                problems.push(&old, expected, "a key that no longer has an effect", Severity::Warning);
            }
        });
    }
    unsupported
}

/// Calls a function with every node that matches a path with `*`.
fn each(node: &mut Node, path: &[&str], visit: &mut dyn FnMut(&mut Node)) {
    let Some((key, rest)) = path.split_first() else { return visit(node) };
    match &mut node.tree {
        Tree::Map(children) => {
            for (name, child) in children {
                if *key == "*" || name == key {
                    each(child, rest, visit);
                }
            }
        }
        Tree::List(items) if *key == "*" => items.iter_mut().for_each(|item| each(item, rest, visit)),
        _ => {}
    }
}

fn rename(node: &mut Node, old: &str, new: &[&str], problems: &mut Problems) {
    let Some(child) = node.take(old) else { return };
    problems.push(&child, format!("`{}`", new.join(".")), "an old name of that key", Severity::Warning);
    put_below(node, new, child);
}

/// Moves a section to a path from the root, unless that path has a value.
fn move_section(root: &mut Node, section: &[&str], old: &str, new: &[&str], problems: &mut Problems) {
    let mut taken = None;
    each(root, section, &mut |node| taken = node.take(old));
    let Some(child) = taken else { return };
    problems.push(&child, format!("`{}`", new.join(".")), "the old place of that key", Severity::Warning);
    put_below(root, new, child);
    // An outer section that is now empty needs no second warning.
    if let [outer] = section
        && root.child(outer).is_some_and(|node| node.tree == Tree::Map(Vec::new()))
    {
        root.take(outer);
    }
}

/// Sets the value at a path of keys, unless it has one.
fn put_below(node: &mut Node, path: &[&str], child: Node) {
    if node.find(path).is_some() {
        return;
    }
    let (last, sections) = path.split_last().expect("a path has at least one key");
    let mut node = node;
    for section in sections {
        if node.child(section).is_none_or(Node::is_null) {
            node.put(section, Node { tree: Tree::Map(Vec::new()), ..child.clone() });
        }
        let Some(inner) = node.child_mut(section) else { return };
        node = inner;
    }
    node.put(last, child);
}

/// Removes `ldap`, which configured a directory for checking logins in 2.0 and 2.1. If it is enabled, returns
/// it as an unsupported feature.
fn directory(accounts: &mut Node, problems: &mut Problems) -> Option<&'static str> {
    let ldap = accounts.take("ldap")?;
    let enabled = ldap.child("enabled").is_some_and(is_true);
    let (expected, found) = match enabled {
        true => {
            ("another way to log in, such as `auth-script`", "LDAP, BUT LOGINS ARE NOT CHECKED AGAINST IT")
        }
        false => ("no such key", "a section that has no effect"),
    };
    problems.push(&ldap, expected, found, Severity::Warning);
    enabled.then_some("accounts: ldap")
}

/// Converts `rename-prefix: Guest-` to `guest-nickname-format: Guest-*`.
fn guest_format(node: &mut Node, problems: &mut Problems) {
    let Some(old) = node.take("rename-prefix") else { return };
    problems.push(&old, "`guest-nickname-format`", "an old name of that key", Severity::Warning);
    if let (Tree::Text(prefix), None) = (&old.tree, node.child("guest-nickname-format")) {
        let format = if prefix.is_empty() { "Guest-*".to_owned() } else { format!("{prefix}*") };
        node.put("guest-nickname-format", Node { tree: Tree::Text(format), ..old });
    }
}

/// Converts `enforce-registration-date: true` to `query-cutoff: registration-time`.
fn query_cutoff(node: &mut Node, problems: &mut Problems) {
    let Some(old) = node.take("enforce-registration-date") else { return };
    problems.push(&old, "`query-cutoff`", "an old form of that key", Severity::Warning);
    if is_true(&old) && node.child("query-cutoff").is_none() {
        node.put("query-cutoff", Node { tree: Tree::Text("registration-time".to_owned()), ..old });
    }
}

fn is_true(node: &Node) -> bool {
    node.tree == Tree::Bool(true)
}

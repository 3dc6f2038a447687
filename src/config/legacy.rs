//! Keys of older versions of Ergo and Oragono.
//!
//! What can be said with a key of today is moved there; what means nothing any more is taken out. Both
//! with a warning, for nobody who runs an old file should be stopped by it.

use super::yaml::problem::Severity;
use super::yaml::section::Problems;
use super::yaml::tree::{Node, Tree};

/// Keys that only have another name today: section (`*` is every key or item), old name, new name.
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

/// Keys that mean nothing any more, and what there is instead.
const RETIRED: &[(&[&str], &str, &str)] = &[
    (&[], "authentication-enabled", "accounts.authentication-enabled"),
    (&[], "operator", "opers"),
    (&[], "registration", "accounts.registration"),
    (&["accounts", "nick-reservation"], "rename-timeout", "method: strict"),
    (&["accounts", "registration"], "allow-multiple-per-connection", "nothing"),
    (&["accounts", "registration"], "enabled-callbacks", "email-verification.enabled"),
    (&["accounts", "registration"], "callbacks", "email-verification"),
    (&["accounts", "registration", "email-verification"], "blacklist-regexes", "address-blacklist"),
    (&["accounts", "vhosts"], "offer-list", "nothing"),
    (&["accounts", "vhosts"], "user-requests", "nothing"),
    (&["debug"], "stackimpact", "nothing"),
    (&["limits"], "linelen", "server.max-line-len"),
    (&["server"], "allow-plaintext-resume", "nothing"),
    (&["server"], "listen", "listeners"),
    (&["server"], "log", "logging"),
    (&["server"], "rest-api", "api"),
    (&["server"], "tls-listeners", "listeners"),
    (&["server"], "ws-listen", "listeners"),
    (&["server", "ip-cloaking"], "secret-environment-variable", "nothing"),
    (&["server", "ip-limits"], "throttle-ban-duration", "nothing"),
    (&["server", "tor-listeners"], "listeners", "server.listeners"),
];

/// Two sections of old that are `server.ip-limits` today: the section, its keys and what they are called.
const LIMITS: [(&str, &[(&str, &str)]); 2] = [
    (
        "connection-limits",
        &[
            ("enabled", "count"),
            ("ips-per-subnet", "max-concurrent-connections"),
            ("connections-per-subnet", "max-concurrent-connections"),
            ("cidr-len-ipv4", "cidr-len-ipv4"),
            ("cidr-len-ipv6", "cidr-len-ipv6"),
            ("exempted", "exempted"),
            ("custom-limits", "custom-limits"),
        ],
    ),
    (
        "connection-throttling",
        &[
            ("enabled", "throttle"),
            ("duration", "window"),
            ("max-connections", "max-connections-per-window"),
            ("cidr-len-ipv4", "cidr-len-ipv4"),
            ("cidr-len-ipv6", "cidr-len-ipv6"),
            ("exempted", "exempted"),
        ],
    ),
];

/// Brings the document up to date.
pub(super) fn update(root: &mut Node, problems: &mut Problems) {
    each(root, &["accounts", "registration"], &mut |node| mail_callback(node, problems));
    for (section, old, new) in RENAMED {
        each(root, section, &mut |node| rename(node, old, new, problems));
    }
    each(root, &["server"], &mut |server| join_limits(server, problems));
    each(root, &["server", "listeners", "*"], &mut outer_proxy);
    each(root, &["accounts", "nick-reservation"], &mut |node| guest_format(node, problems));
    each(root, &["history", "restrictions"], &mut |node| query_cutoff(node, problems));
    for (section, old, instead) in RETIRED {
        each(root, section, &mut |node| {
            if let Some(old) = node.take(old) {
                let expected = match *instead {
                    "nothing" => "no such key".to_owned(),
                    key => format!("`{key}`"),
                };
                problems.push(&old, expected, "a key that has no effect any more", Severity::Warning);
            }
        });
    }
}

/// Calls a function with every node that a path with `*` leads to.
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

/// `proxy` was a key of `tls` once, even where it was the only one and the listener plain text.
fn outer_proxy(listener: &mut Node) {
    let Some(proxy) = listener.child_mut("tls").and_then(|tls| tls.take("proxy")) else { return };
    if listener.child("tls").is_some_and(|tls| tls.tree == Tree::Map(Vec::new())) {
        listener.take("tls");
    }
    if is_true(&proxy) || listener.child("proxy").is_none() {
        listener.put("proxy", proxy);
    }
}

fn rename(node: &mut Node, old: &str, new: &[&str], problems: &mut Problems) {
    let Some(child) = node.take(old) else { return };
    let name = new.join(".");
    problems.push(&child, format!("`{name}`"), "an old name of that key", Severity::Warning);
    if node.find(new).is_some() {
        return;
    }
    let (last, sections) = new.split_last().expect("a new name has at least one component");
    let mut node = node;
    for section in sections {
        if node.child(section).is_none() {
            node.put(section, Node { tree: Tree::Map(Vec::new()), ..child.clone() });
        }
        node = node.child_mut(section).expect("it was just put there");
    }
    node.put(last, child);
}

fn join_limits(server: &mut Node, problems: &mut Problems) {
    let current = server.child("ip-limits").is_some();
    for (name, keys) in LIMITS {
        let Some(mut old) = server.take(name) else { continue };
        problems.push(&old, "`ip-limits`", "an old form of that section", Severity::Warning);
        if current {
            continue;
        }
        if server.child("ip-limits").is_none() {
            server.put("ip-limits", Node { tree: Tree::Map(Vec::new()), ..old.clone() });
        }
        let limits = server.child_mut("ip-limits").expect("it was just put there");
        for (from, to) in keys {
            if let Some(child) = old.take(from).filter(|_| limits.child(to).is_none()) {
                limits.put(to, child);
            }
        }
    }
}

/// `enabled-callbacks` with `mailto` is e-mail verification today; its settings were in `callbacks`.
fn mail_callback(registration: &mut Node, problems: &mut Problems) {
    let mailto = Tree::Text("mailto".to_owned());
    let named = registration.child("enabled-callbacks").is_some_and(|list| match &list.tree {
        Tree::List(items) => items.iter().any(|item| item.tree == mailto),
        _ => false,
    });
    let verified = registration.find(&["email-verification", "enabled"]).is_some_and(is_true);
    if !named || verified {
        return;
    }
    registration.take("enabled-callbacks");
    let Some(mut callback) = registration.take("callbacks").and_then(|mut all| all.take("mailto")) else {
        return;
    };
    problems.push(&callback, "`email-verification`", "an old form of that section", Severity::Warning);
    callback.put("enabled", Node { tree: Tree::Bool(true), ..callback.clone() });
    registration.put("email-verification", callback);
}

/// `rename-prefix: Guest-` is `guest-nickname-format: Guest-*` today.
fn guest_format(node: &mut Node, problems: &mut Problems) {
    let Some(old) = node.take("rename-prefix") else { return };
    problems.push(&old, "`guest-nickname-format`", "an old name of that key", Severity::Warning);
    if let (Tree::Text(prefix), None) = (&old.tree, node.child("guest-nickname-format")) {
        let format = if prefix.is_empty() { "Guest-*".to_owned() } else { format!("{prefix}*") };
        node.put("guest-nickname-format", Node { tree: Tree::Text(format), ..old });
    }
}

/// `enforce-registration-date: true` is `query-cutoff: registration-time` today.
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

//! Old forms of `server.listeners`.

use super::super::yaml::problem::Severity;
use super::super::yaml::section::Problems;
use super::super::yaml::tree::{Node, Tree};
use super::is_true;

/// Converts `server.listeners`, and enables UTF-8 enforcement for WebSocket listeners.
pub(super) fn update(server: &mut Node, problems: &mut Problems) {
    join(server, problems);
    if let Some(Tree::Map(listeners)) = server.child_mut("listeners").map(|node| &mut node.tree) {
        for (address, listener) in listeners {
            // Up to 2.0, the path of a socket could have this prefix.
            if let Some(path) = address.strip_prefix("unix:") {
                *address = path.to_owned();
            }
            outer_proxy(listener);
        }
    }
    require_utf8(server, problems);
}

/// Converts `listen`, `tls-listeners`, `ws-listen` and `tor-listeners.listeners`, which were lists of
/// addresses up to 1.1.
fn join(server: &mut Node, problems: &mut Problems) {
    let mut found = Vec::new();
    for key in ["listen", "tls-listeners", "ws-listen", "wslisten"] {
        if let Some(node) = server.take(key) {
            problems.push(&node, "`listeners`", "an old form of that key", Severity::Warning);
            found.push((key, node));
        }
    }
    if let Some(node) = server.child_mut("tor-listeners").and_then(|tor| tor.take("listeners")) {
        problems.push(
            &node,
            "`server.listeners` with `tor: true`",
            "an old form of that key",
            Severity::Warning,
        );
        found.push(("tor", node));
    }
    // Servers that support `listeners` ignore the old keys.
    if server.child("listeners").is_some_and(|node| !node.is_null()) {
        return;
    }
    for (key, node) in found {
        for (address, value) in addresses(&node) {
            let setting = match key {
                "tls-listeners" => Some(("tls", value)),
                "ws-listen" | "wslisten" => Some(("websocket", Node { tree: Tree::Bool(true), ..value })),
                "tor" => Some(("tor", Node { tree: Tree::Bool(true), ..value })),
                _ => None,
            };
            add(server, &address, &node, setting);
        }
    }
}

/// Returns the addresses in an old key: the keys of a mapping with their values, the items of a list, or a
/// single address.
fn addresses(node: &Node) -> Vec<(String, Node)> {
    let item = |node: &Node| match &node.tree {
        Tree::Text(address) if !address.is_empty() => Some((address.clone(), node.clone())),
        _ => None,
    };
    match &node.tree {
        Tree::Map(children) => children.clone(),
        Tree::List(items) => items.iter().filter_map(item).collect(),
        _ => item(node).into_iter().collect(),
    }
}

/// Adds a listener if it does not exist, and a setting to it.
fn add(server: &mut Node, address: &str, origin: &Node, setting: Option<(&str, Node)>) {
    let empty = Node { tree: Tree::Map(Vec::new()), ..origin.clone() };
    if server.child("listeners").is_none_or(Node::is_null) {
        server.put("listeners", empty.clone());
    }
    let Some(listeners) = server.child_mut("listeners") else { return };
    if listeners.child(address).is_none() {
        listeners.put(address, empty);
    }
    if let (Some(listener), Some((key, value))) = (listeners.child_mut(address), setting) {
        listener.put(key, value);
    }
}

/// Moves `tls.proxy` to `proxy`. It was a key of `tls` even for plaintext listeners, as the only one.
fn outer_proxy(listener: &mut Node) {
    let Some(proxy) = listener.child_mut("tls").and_then(|tls| tls.take("proxy")) else { return };
    if listener.child("tls").is_some_and(|tls| tls.tree == Tree::Map(Vec::new())) {
        listener.take("tls");
    }
    if is_true(&proxy) || listener.child("proxy").is_none() {
        listener.put("proxy", proxy);
    }
}

/// Enables `enforce-utf8`, which WebSocket listeners require, in files that are older than that key.
fn require_utf8(server: &mut Node, problems: &mut Problems) {
    if server.child("enforce-utf8").is_some_and(|node| !node.is_null()) {
        return;
    }
    let Some(Tree::Map(listeners)) = server.child("listeners").map(|node| &node.tree) else { return };
    let first =
        listeners.iter().find_map(|(_, listener)| listener.child("websocket").filter(|node| is_true(node)));
    let Some(first) = first.cloned() else { return };
    let found = "no such key; WebSocket requires it, so it is enabled";
    problems.push(&first, "`server.enforce-utf8: true` as well", found, Severity::Warning);
    server.put("enforce-utf8", first);
}

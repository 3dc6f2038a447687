//! Old forms of `accounts.registration.email-verification`.

use super::super::yaml::problem::Severity;
use super::super::yaml::section::Problems;
use super::super::yaml::tree::{Node, Tree};
use super::is_true;

/// Converts `enabled-callbacks` with `mailto` to `email-verification`; its settings were in `callbacks`.
pub(super) fn callback(registration: &mut Node, problems: &mut Problems) {
    let mailto = Tree::Text("mailto".to_owned());
    let named = registration.child("enabled-callbacks").is_some_and(|list| match &list.tree {
        Tree::List(items) => items.iter().any(|item| item.tree == mailto),
        _ => false,
    });
    let verified = registration.find(&["email-verification", "enabled"]).is_some_and(is_true);
    if !named || verified {
        return;
    }
    let Some(mut callback) = registration.child_mut("callbacks").and_then(|all| all.take("mailto")) else {
        return;
    };
    if !matches!(callback.tree, Tree::Map(_)) {
        return;
    }
    registration.take("enabled-callbacks");
    if registration.child("callbacks").is_some_and(|all| all.tree == Tree::Map(Vec::new())) {
        registration.take("callbacks");
    }
    problems.push(&callback, "`email-verification`", "an old form of that section", Severity::Warning);
    callback.put("enabled", Node { tree: Tree::Bool(true), ..callback.clone() });
    registration.put("email-verification", callback);
}

/// Converts `blacklist-regexes` to `address-blacklist` with `address-blacklist-syntax: regex`.
pub(super) fn blacklist(mail: &mut Node, problems: &mut Problems) {
    if mail.child("address-blacklist").is_some() {
        return;
    }
    let Some(old) = mail.take("blacklist-regexes") else { return };
    let expected = "`address-blacklist` with `address-blacklist-syntax: regex`";
    problems.push(&old, expected, "an old form of that key", Severity::Warning);
    mail.put("address-blacklist-syntax", Node { tree: Tree::Text("regex".to_owned()), ..old.clone() });
    mail.put("address-blacklist", old);
}

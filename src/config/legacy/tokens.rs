//! Old forms of the keys that sign tokens.

use super::super::yaml::problem::Severity;
use super::super::yaml::section::Problems;
use super::super::yaml::tree::{Node, Tree};

/// The old key, the one of today, and the algorithm it implied. An RSA key took precedence.
const KEYS: [(&str, &str, &str); 2] =
    [("rsa-private-key-file", "key-file", "rsa"), ("secret", "key", "hmac")];

/// `secret` and `rsa-private-key-file` are `key` and `key-file` with an `algorithm` today.
pub(super) fn keys(service: &mut Node, problems: &mut Problems) {
    for (old, new, algorithm) in KEYS {
        let Some(value) = service.take(old) else { continue };
        let expected = format!("`algorithm: {algorithm}` and `{new}`");
        problems.push(&value, expected, "an old form of these keys", Severity::Warning);
        let is_empty = value.is_null() || value.tree == Tree::Text(String::new());
        if is_empty || service.child("algorithm").is_some() {
            continue;
        }
        service.put("algorithm", Node { tree: Tree::Text(algorithm.to_owned()), ..value.clone() });
        service.put(new, value);
    }
}

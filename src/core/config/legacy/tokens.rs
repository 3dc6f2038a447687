//! Old forms of the settings for signing tokens.

use super::super::yaml::problem::Severity;
use super::super::yaml::section::Problems;
use super::super::yaml::tree::{Node, Tree};

/// The old key, the new one, and the algorithm that the old one implied. RSA came first and took precedence.
const KEYS: [(&str, &str, &str); 2] =
    [("rsa-private-key-file", "key-file", "rsa"), ("secret", "key", "hmac")];

/// Converts `secret` and `rsa-private-key-file` to `key` and `key-file` with an `algorithm`.
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

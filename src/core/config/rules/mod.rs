//! Rules that involve several keys, and values that follow from other keys.
//!
//! The reader of a value checks the rules for that value alone.

mod accounts;
mod complete;
mod names;
mod server;
mod storage;

use super::yaml::section::{Problems, origin};
use super::yaml::tree::Node;
use super::{Config, Problem, Severity};

/// Checks all rules, and completes the configuration.
pub(super) fn enforce(config: &mut Config, root: &Node, problems: &mut Problems) {
    let mut rules = Rules { root, problems };
    complete::complete(config);
    server::required(config, &mut rules);
    server::listeners(config, &mut rules);
    server::connections(config, &mut rules);
    server::hosts(config, &mut rules);
    server::queue(config, &mut rules);
    server::scripts(config, &mut rules);
    accounts::logins(config, &mut rules);
    accounts::vhosts(config, &mut rules);
    accounts::mail(config, &mut rules);
    accounts::tokens(config, &mut rules);
    accounts::opers(config, &mut rules);
    accounts::modes(config, &mut rules);
    accounts::roleplay(config, &mut rules);
    storage::history(config, &mut rules);
    storage::logging(config, &mut rules);
    storage::extras(config, &mut rules);
}

/// The document, for finding the line of a broken rule, and the problems found so far.
struct Rules<'a> {
    root: &'a Node,
    problems: &'a mut Problems,
}

impl Rules<'_> {
    /// Reports an error at a key, with its value.
    fn wrong(&mut self, keys: &[&str], expected: impl Into<String>) {
        let found = self.root.find(keys).map_or_else(|| "nothing".to_owned(), Node::shown);
        self.note(keys, expected, found, Severity::Error);
    }

    /// Reports an error at a key, with a description of what was found.
    fn broken(&mut self, keys: &[&str], expected: impl Into<String>, found: impl Into<String>) {
        self.note(keys, expected, found, Severity::Error);
    }

    /// Reports a warning at a key.
    fn doubtful(&mut self, keys: &[&str], expected: impl Into<String>, found: impl Into<String>) {
        self.note(keys, expected, found, Severity::Warning);
    }

    /// Adds a problem on the line of the key, or of the innermost section around it.
    fn note(
        &mut self,
        keys: &[&str],
        expected: impl Into<String>,
        found: impl Into<String>,
        severity: Severity,
    ) {
        // The time to find the line grows with the document.
        if self.problems.is_full() {
            return;
        }
        let nearest = (1..=keys.len()).rev().find_map(|depth| self.root.find(&keys[..depth]));
        self.problems.add(Problem {
            line: nearest.unwrap_or(self.root).line,
            path: keys.join("."),
            found: found.into(),
            expected: expected.into(),
            hint: nearest.and_then(origin),
            severity,
        });
    }

    /// Returns whether the reader of a key has reported an error.
    fn is_noted(&self, keys: &[&str]) -> bool {
        self.problems.has_error_at(&keys.join("."))
    }
}

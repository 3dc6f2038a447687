//! Tests of the configuration as a whole. Its parts have their own tests.

mod default_yaml;
mod environment;
mod old_keys;
mod restart;
mod right;
mod wrong;

use super::{Loaded, load};

/// A minimal configuration, in five lines. More keys of `server` can follow.
const MINIMAL: &str = "\
network: {name: TestNet}
datastore: {path: ircd.db}
server:
    name: irc.test
    listeners: {'127.0.0.1:6667': }
";

/// Loads a configuration; panics if it has errors.
fn loaded(text: &str) -> Loaded {
    load(text, &[]).unwrap_or_else(|problems| panic!("{}", shown(&problems)))
}

/// Returns the lines that report problems in a file `f`.
fn shown(problems: &[super::Problem]) -> String {
    problems.iter().map(|problem| problem.display("f").to_string()).collect::<Vec<_>>().join("\n")
}

//! Tests of the configuration as a whole; those of its parts are beside them.

mod default_yaml;
mod environment;
mod old_keys;
mod restart;
mod right;
mod wrong;

use super::{Loaded, load};

/// The least that a configuration must say, in five lines. More keys of `server` can follow.
const LEAST: &str = "\
network: {name: TestNet}
datastore: {path: ircd.db}
server:
    name: irc.test
    listeners: {'127.0.0.1:6667': }
";

/// Loads what must have no errors.
fn loaded(text: &str) -> Loaded {
    load(text, &[]).unwrap_or_else(|problems| panic!("{}", shown(&problems)))
}

/// Problems as their lines in a file `f`.
fn shown(problems: &[super::Problem]) -> String {
    problems.iter().map(|problem| problem.display("f").to_string()).collect::<Vec<_>>().join("\n")
}

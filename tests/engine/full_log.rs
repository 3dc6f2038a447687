//! The log of a server that logs everything, and a check that it contains no secret.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ircd::engine::Job;

use crate::jobs;

/// The log, and the secrets that it must not contain.
#[derive(Default)]
pub struct Log {
    text: String,
    secrets: BTreeSet<String>,
}

impl Log {
    pub fn write(&mut self, line: &str) {
        writeln!(self.text, "{line}").unwrap();
    }

    pub fn add_secret(&mut self, job: &Job) {
        let Some(secret) = jobs::secret(job) else { return };
        // These words also occur in other texts.
        if secret.len() >= 5 && !["wrong", "operator"].contains(&secret) {
            self.secrets.insert(secret.to_owned());
        }
    }

    /// Returns the lines that contain a secret as a separate word.
    pub fn leaks(&self) -> Vec<&str> {
        let is_part = |c: char| c.is_alphanumeric();
        let contains = |line: &str, secret: &str| {
            line.match_indices(secret).any(|(at, _)| {
                !line[..at].ends_with(is_part) && !line[at + secret.len()..].starts_with(is_part)
            })
        };
        let leaks = |line: &&str| self.secrets.iter().any(|secret| contains(line, secret));
        self.text.lines().filter(leaks).collect()
    }
}

/// Returns the code in an email.
pub fn code_of(body: &str) -> &str {
    body.lines().find_map(|line| line.strip_prefix("Code: ")).unwrap_or_default()
}

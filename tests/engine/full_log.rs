//! What a server that logs everything would log, and whether a secret is in it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ircd::engine::Job;

use crate::jobs;

/// Records of the log, and the secrets that must not be in it.
#[derive(Default)]
pub struct Log {
    text: String,
    secrets: BTreeSet<String>,
}

impl Log {
    pub fn write(&mut self, line: &str) {
        writeln!(self.text, "{line}").unwrap();
    }

    pub fn note_secret(&mut self, job: &Job) {
        let Some(secret) = jobs::secret(job) else { return };
        // These would be found in other texts.
        if secret.len() >= 5 && !["wrong", "operator"].contains(&secret) {
            self.secrets.insert(secret.to_owned());
        }
    }

    /// The records with a secret in them, as a word of its own.
    pub fn leaks(&self) -> Vec<&str> {
        let is_part = |c: char| c.is_alphanumeric();
        let holds = |line: &str, secret: &str| {
            line.match_indices(secret).any(|(at, _)| {
                !line[..at].ends_with(is_part) && !line[at + secret.len()..].starts_with(is_part)
            })
        };
        let leaks = |line: &&str| self.secrets.iter().any(|secret| holds(line, secret));
        self.text.lines().filter(leaks).collect()
    }
}

/// The code in a letter.
pub fn code_of(body: &str) -> &str {
    body.lines().find_map(|line| line.strip_prefix("Code: ")).unwrap_or_default()
}

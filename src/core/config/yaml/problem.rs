//! Problems of a configuration, described so that an administrator can fix them.

use std::fmt;

/// Whether a server can start despite a [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The server cannot start.
    Error,
    /// The server can start; the key has no effect, or not the expected one.
    Warning,
}

/// A problem of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1; `None` for a key that comes from the environment.
    pub line: Option<usize>,
    /// Path of the key: `server.listeners.:6697.tls.cert`. Empty for the document as a whole.
    pub path: String,
    /// The value found, shortened.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// A hint: the nearest known key, or the name of the environment variable.
    pub hint: Option<String>,
    /// Whether the problem prevents the server from starting.
    pub severity: Severity,
}

impl Problem {
    /// Returns the problem as one line, `file:line: path: expected …, found …`.
    pub fn display<'a>(&'a self, file: &'a str) -> impl fmt::Display + 'a {
        Located { problem: self, file }
    }
}

struct Located<'a> {
    problem: &'a Problem,
    file: &'a str,
}

impl fmt::Display for Located<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { line, path, found, expected, hint, severity } = self.problem;
        f.write_str(self.file)?;
        if let Some(line) = line {
            write!(f, ":{line}")?;
        }
        f.write_str(": ")?;
        if *severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        write!(f, "expected {expected}, found {found}")?;
        match hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

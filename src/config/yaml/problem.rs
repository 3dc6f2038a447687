//! What is wrong with a configuration, said so that its author can mend it.

use std::fmt;

/// Whether a server may start in spite of a [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It may not.
    Error,
    /// It may; the key at fault has no effect, or another one than its author may think.
    Warning,
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, counted from 1; none for a key that is missing or comes from the environment.
    pub line: Option<usize>,
    /// Which key, from the top: `server.listeners.:6697.tls.cert`. Empty for the document as a whole.
    pub path: String,
    /// What stands there, shortened.
    pub found: String,
    /// What should stand there.
    pub expected: String,
    /// How it may be mended: the nearest known key, the name of the variable.
    pub hint: Option<String>,
    /// Whether it keeps the server from starting.
    pub severity: Severity,
}

impl Problem {
    /// The problem as one line, `file:line: path: expected …, found …`.
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

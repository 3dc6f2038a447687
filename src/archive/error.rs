//! Errors of a database. Each text is a line for the log, or a part of one.

use std::fmt;

/// An error of a database. The variants differ in what resolves them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The database cannot be reached, or is busy, full or too slow: a later attempt may succeed.
    Unavailable(String),
    /// The database rejects us until an administrator changes something: a wrong password, a newer schema, no
    /// database.
    Rejected(String),
    /// The database will never accept these records.
    Unstorable(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unavailable(why) | Error::Rejected(why) | Error::Unstorable(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {}

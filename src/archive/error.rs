//! Why a database failed. Each text is a line for the log, or a part of one.

use std::fmt;

/// What went wrong, by what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// It cannot be reached, or is busy, full or too slow: the same may succeed later.
    Away(String),
    /// It refuses us until an operator changes something: a wrong password, a newer schema, no database.
    Refused(String),
    /// It will never accept these records.
    Unfit(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Away(why) | Error::Refused(why) | Error::Unfit(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {}

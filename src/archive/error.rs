//! Why a database did not do what it was asked. Each text is a line for the log or a part of one.

use std::fmt;

/// What went wrong, by what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// It cannot be reached, is busy, full or too slow: the same may go well later.
    Away(String),
    /// It will not have us until someone changes something: a wrong password, a newer schema, no database.
    Refused(String),
    /// It will not have these records, whenever it is asked.
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

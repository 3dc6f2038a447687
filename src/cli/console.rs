//! Standard output and standard error. Either may be closed, which must not cause a panic.

use std::io::{self, Write};
use std::time::SystemTime;

use time::OffsetDateTime;
use time::macros::format_description;

/// Writes the result of a command to standard output.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Writes a line to standard error.
pub(super) fn log_full(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes a message to standard error with the time (in UTC) in Ergo's format; does nothing if `quiet`.
pub(super) fn print_log(quiet: bool, text: &str) {
    if quiet {
        return;
    }
    let format = format_description!("[year]/[month]/[day] [hour]:[minute]:[second]");
    let time = OffsetDateTime::from(SystemTime::now()).format(format).unwrap_or_default();
    log_full(&format!("{time} {text}"));
}

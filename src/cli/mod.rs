//! The command line.
use std::process::ExitCode;

/// Runs the command given in the arguments.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}

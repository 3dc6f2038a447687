//! The `ircd` command: runs [`ircd::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    ircd::cli::main()
}

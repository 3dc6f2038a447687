//! The `ircd` command: hands the arguments to [`ircd::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    ircd::cli::main()
}

//! The command line: one file per command, with Ergo's names, flags and use of standard streams.
//!
//! Reads files and the environment, and reports failures on standard error: one line, or one for each problem
//! of a configuration. Leaves serving clients to `server`. Invariant: a command that fails exits with a
//! non-zero status.

mod certificate;
mod check;
mod configuration;
mod console;
mod defaultconfig;
mod exportdb;
mod generated;
mod genpasswd;
mod gentoken;
mod importdb;
mod initdb;
mod mkcerts;
mod replay;
mod run;
mod template;
mod texts;
mod upgradedb;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::private;

/// An IRCv3 chat server: server, services, bouncer and history in one process.
#[derive(Debug, Parser)]
#[command(name = "ircd", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: CliCommand,
    #[command(flatten)]
    options: Options,
}

/// Options of every command, before or after its name.
#[derive(Debug, clap::Args)]
struct Options {
    /// Configuration file [default: ircd.yaml in this directory, or the built-in configuration]
    #[arg(long, global = true, value_name = "FILE")]
    conf: Option<PathBuf>,
    /// Do not log to the console
    #[arg(long, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Run the server, creating the datastore and self-signed certificates if they are missing
    Run {
        /// Start the server, open everything, and stop again without accepting clients
        #[arg(long)]
        smoke: bool,
        #[command(flatten)]
        record: run::RecordOptions,
    },
    /// Run a recording again, and compare all effects with the recorded ones
    Replay(replay::ReplayOptions),
    /// Create a datastore
    Initdb,
    /// Upgrade the datastore of an older version
    Upgradedb,
    /// Export all records as JSON Lines, even while the server is running
    Exportdb {
        /// Output file [default: standard output]
        file: Option<PathBuf>,
    },
    /// Create a datastore from an export, or from the accounts and channels of Atheme or Anope
    Importdb {
        /// File to import
        file: PathBuf,
    },
    /// Read a password from the terminal or a pipe, and print its hash
    Genpasswd,
    /// Create self-signed certificates for the TLS listeners of the configuration
    Mkcerts,
    /// Print the built-in default configuration
    Defaultconfig,
    /// Print a random secret: 32 bytes in base64url
    Gentoken,
    /// Check the configuration and print every problem in it
    Check,
    /// Print every text that the server sends, as a template for translations
    Texts,
    /// Print the manual page
    Manpage,
    /// Print a script that completes commands and options in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The reason a command failed: lines for standard error.
#[derive(Debug)]
struct Failure(Vec<String>);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure(vec![format!("ircd: {error}")])
    }
}

impl Failure {
    fn new(reason: impl std::fmt::Display) -> Failure {
        Failure(vec![format!("ircd: {reason}")])
    }
}

/// Runs the command given in the arguments.
pub fn main() -> ExitCode {
    let Arguments { command, options } = Arguments::parse();
    // Whatever a command creates may hold secrets. Before any thread: the mask belongs to the process.
    private::restrict_new_files();
    let done = match command {
        CliCommand::Run { smoke, record } => run::run(&options, smoke, &record),
        CliCommand::Replay(replay) => replay::run(&replay),
        CliCommand::Initdb => initdb::run(&options),
        CliCommand::Upgradedb => upgradedb::run(&options),
        CliCommand::Exportdb { file } => exportdb::run(&options, file.as_deref()),
        CliCommand::Importdb { file } => importdb::run(&options, &file),
        CliCommand::Genpasswd => genpasswd::run(),
        CliCommand::Mkcerts => mkcerts::run(&options),
        CliCommand::Defaultconfig => defaultconfig::run(),
        CliCommand::Gentoken => gentoken::run(),
        CliCommand::Check => check::run(&options),
        CliCommand::Texts => template::run(),
        CliCommand::Manpage => generated::manpage(),
        CliCommand::Completions { shell } => generated::completions(shell),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(lines)) => {
            for line in lines {
                console::log_full(&line);
            }
            ExitCode::FAILURE
        }
    }
}

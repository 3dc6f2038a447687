//! `ircd manpage` and `ircd completions`: files for packages, from the definition of the command line. Not in
//! Ergo.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Arguments, Failure, console};

pub(super) fn manpage() -> Result<(), Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
    Ok(console::print(&String::from_utf8_lossy(&page))?)
}

pub(super) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "ircd", &mut script);
    Ok(console::print(&String::from_utf8_lossy(&script))?)
}

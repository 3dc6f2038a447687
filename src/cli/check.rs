//! `ircd check`: checks the configuration. Not in Ergo. Problems are its result and go to standard output.

use super::configuration::Source;
use super::{Failure, Options, console};

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let source = Source::find(options.conf.as_deref());
    let name = source.name();
    match source.try_load()? {
        Ok(loaded) => {
            let mut lines = source.show(&loaded.warnings);
            let not_yet = loaded.not_yet.iter();
            lines.extend(not_yet.map(|key| format!("{name}: {key} has no effect in this version yet")));
            lines.push(format!("{name}: ok\n"));
            Ok(console::print(&lines.join("\n"))?)
        }
        Err(problems) => {
            console::print(&(source.show(&problems).join("\n") + "\n"))?;
            Err(Failure(Vec::new()))
        }
    }
}

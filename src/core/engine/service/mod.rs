//! The services: NickServ and others, which receive messages like users but are part of the server.
//!
//! A service is a table of commands. This module contains what all of them share: access, parameter counts,
//! HELP and CTCP. A command's function does the rest with the same [`Cx`] as any other handler and answers
//! with [`Cx::notice`]. Services are not users: they have no entry in the state. Sentences are phrases, and
//! catalogs can translate help texts; the lines of lists are in English only.

pub mod chanserv;
mod confirm;
mod help;
pub mod histserv;
mod hostserv;
pub mod nickserv;
pub mod pattern;

use crate::config::Config;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::service::ServiceName;
use crate::engine::setup::VERSION;
use crate::i18n::Phrase;
use crate::wire::Text;
use crate::wire::clock::long_date;

pub use confirm::confirmation_code;
pub use pattern::pattern;

/// Commands that change no stored record, so they work while the disk is full.
const CHANGES_NO_RECORD: &[&str] = &[
    "CLEAR", "CLIENTS", "DEOP", "GET", "GHOST", "HOWTOBAN", "IDENTIFY", "INFO", "LIST", "OP", "SAGET",
    "SESSIONS", "STATUS",
];

/// A command of a service: an entry of its table.
///
/// By default it takes no parameters, is available to all users under any configuration, and is listed by
/// HELP.
#[derive(Debug)]
pub struct ServiceCommand {
    /// The name in upper case.
    name: &'static str,
    /// Other names, in upper case.
    aliases: &'static [&'static str],
    /// Number of parameters required.
    params_min: usize,
    /// Maximum number of parameters.
    params_max: usize,
    /// Whether parameter number `params_max` takes the rest of the line, with its spaces.
    text_last: bool,
    /// The users that can use it.
    access: Access,
    /// Whether the configuration enables it.
    enabled: fn(&Config) -> bool,
    /// Whether HELP omits it from the list.
    hidden: bool,
    /// One line for HELP: `PARAMETERS: explanation`.
    help: &'static str,
    /// Further lines for HELP.
    more: &'static [&'static str],
    /// The handler; it gets between `params_min` and `params_max` parameters.
    run: fn(&mut Cx<'_>, &[&str]) -> Outcome,
}

/// The users that can use a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// All users; the handler may check more.
    Anyone,
    /// Users who are logged in.
    LoggedIn,
    /// Operators with this capability.
    Oper(&'static str),
}

impl ServiceCommand {
    const fn new(name: &'static str, run: fn(&mut Cx<'_>, &[&str]) -> Outcome) -> ServiceCommand {
        ServiceCommand {
            name,
            aliases: &[],
            params_min: 0,
            params_max: 0,
            text_last: false,
            access: Access::Anyone,
            enabled: |_| true,
            hidden: false,
            help: "",
            more: &[],
            run,
        }
    }

    const fn aliases(mut self, aliases: &'static [&'static str]) -> ServiceCommand {
        self.aliases = aliases;
        self
    }

    const fn params(mut self, min: usize, max: usize) -> ServiceCommand {
        (self.params_min, self.params_max) = (min, max);
        self
    }

    const fn text_last(mut self) -> ServiceCommand {
        self.text_last = true;
        self
    }

    const fn logged_in(mut self) -> ServiceCommand {
        self.access = Access::LoggedIn;
        self
    }

    const fn right(mut self, right: &'static str) -> ServiceCommand {
        self.access = Access::Oper(right);
        self
    }

    const fn enabled(mut self, enabled: fn(&Config) -> bool) -> ServiceCommand {
        self.enabled = enabled;
        self
    }

    const fn hidden(mut self) -> ServiceCommand {
        self.hidden = true;
        self
    }

    const fn help(mut self, help: &'static str) -> ServiceCommand {
        self.help = help;
        self
    }

    const fn more(mut self, more: &'static [&'static str]) -> ServiceCommand {
        self.more = more;
        self
    }
}

/// Returns the lines that describe a service.
fn about(service: ServiceName) -> &'static [&'static str] {
    match service {
        ServiceName::NickServ => nickserv::ABOUT,
        ServiceName::ChanServ => chanserv::ABOUT,
        ServiceName::HostServ => hostserv::ABOUT,
        ServiceName::HistServ => histserv::ABOUT,
    }
}

/// Returns the commands of a service except HELP, sorted by name.
fn commands(service: ServiceName) -> &'static [&'static ServiceCommand] {
    match service {
        ServiceName::NickServ => nickserv::COMMANDS,
        ServiceName::ChanServ => chanserv::COMMANDS,
        ServiceName::HostServ => hostserv::COMMANDS,
        ServiceName::HistServ => histserv::COMMANDS,
    }
}

/// Whether a service has a command of this name.
pub fn has_command(service: ServiceName, name: &str) -> bool {
    command(service, name).is_some()
}

/// Finds a command, whether or not the configuration enables it.
fn command(service: ServiceName, name: &str) -> Option<&'static ServiceCommand> {
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    let mut all = commands(service).iter().copied();
    all.find(|command| is(command.name) || command.aliases.iter().any(|alias| is(alias)))
}

impl Access {
    /// Checks that the user being served is among these users.
    fn includes(self, cx: &Cx<'_>) -> Result<(), Phrase> {
        match self {
            Access::Anyone => Ok(()),
            Access::LoggedIn => cx.account().map(|_| ()).ok_or(Phrase::SERVICE_LOGIN_FIRST),
            Access::Oper(right) if cx.user().may(right) => Ok(()),
            Access::Oper(_) => Err(Phrase::SERVICE_NO_PRIVILEGE),
        }
    }
}

/// Returns the texts about services and their commands, with their keys in catalogs.
pub fn help_texts() -> impl Iterator<Item = (String, String)> {
    help::texts()
}

/// Handles a message to a service: a command, or a CTCP query.
pub fn receive(cx: &mut Cx<'_>, service: ServiceName, text: &str) {
    if let Some(query) = text.strip_prefix('\x01') {
        return answer_ctcp(cx, service, query.trim_end_matches('\x01'));
    }
    if let Err(refusal) = run(cx, service, text) {
        refusal.say(cx);
    }
}

fn run(cx: &mut Cx<'_>, service: ServiceName, text: &str) -> Outcome {
    let (name, rest) = split_word(text);
    if name.is_empty() {
        return Err(service.refuse(Phrase::SERVICE_SEE_HELP, &[service.name()]));
    }
    if name.eq_ignore_ascii_case("HELP") {
        return help::help(cx, service, rest);
    }
    let Some(command) = command(service, name) else {
        return Err(service.refuse(Phrase::SERVICE_UNKNOWN_COMMAND, &[service.name()]));
    };
    if !(command.enabled)(cx.config()) {
        return Err(service.refuse(Phrase::SERVICE_COMMAND_DISABLED, &[]));
    }
    command.access.includes(cx).map_err(|phrase| service.refuse(phrase, &[]))?;
    let params = params_of(command, rest);
    if !(command.params_min..=command.params_max).contains(&params.len()) {
        return Err(service.bad_parameters(command.name));
    }
    if cx.state().store_full && !CHANGES_NO_RECORD.contains(&command.name) {
        return Err(service.refuse(Phrase::STORE_FULL, &[]));
    }
    (command.run)(cx, &params)
}

fn params_of<'t>(command: &ServiceCommand, mut rest: &'t str) -> Vec<&'t str> {
    let mut params = Vec::new();
    while !rest.is_empty() {
        if command.text_last && params.len() + 1 == command.params_max {
            params.push(rest);
            break;
        }
        let (word, after) = split_word(rest);
        params.push(word);
        rest = after;
    }
    params
}

/// Splits off the first word, and removes spaces around it and the rest.
fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim_matches(' ');
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    (word, rest.trim_start_matches(' '))
}

fn answer_ctcp(cx: &mut Cx<'_>, service: ServiceName, query: &str) {
    let (kind, rest) = split_word(query);
    let answer = match kind {
        "VERSION" => VERSION.to_owned(),
        "TIME" => long_date(cx.now.wall_ms / 1000),
        "PING" => rest.to_owned(),
        _ => return,
    };
    let answer = format!("\x01{kind} {answer}\x01");
    cx.notice(service, Text::Plain(&answer));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_names_are_unique() {
        for service in ServiceName::ALL {
            let names: Vec<&str> = commands(service).iter().map(|command| command.name).collect();
            assert!(names.is_sorted(), "{names:?}");
            let mut all: Vec<&str> = commands(service).iter().flat_map(|c| c.aliases).copied().collect();
            all.extend(names);
            all.push("HELP");
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count);
        }
    }

    #[test]
    fn only_the_last_parameter_can_contain_spaces() {
        let command = ServiceCommand { params_max: 2, text_last: true, ..*nickserv::COMMANDS[0] };
        assert_eq!(params_of(&command, "a  b  c "), ["a", "b  c"]);
        let command = ServiceCommand { text_last: false, ..command };
        assert_eq!(params_of(&command, "a  b  c "), ["a", "b", "c"]);
    }
}

//! The services: NickServ and the others, who are spoken to like users but are part of the server.
//!
//! A service is a table of commands. What all of them have in common (who may, parameter counts, HELP,
//! CTCP) is here, once; a command's function does the rest with the same [`Cx`] as any other handler and
//! answers with [`Cx::notice`]. Services are no users: they have no entry in the state. What they say is
//! a phrase when it is a sentence; help texts and the lines of lists are in English only.

pub mod chanserv;
mod confirm;
mod help;
pub mod histserv;
mod hostserv;
pub mod nickserv;
mod pattern;

use crate::config::Config;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::setup::VERSION;
use crate::i18n::Phrase;
use crate::wire::Text;
use crate::wire::clock::long_date;

pub use confirm::confirmation_code;
pub use pattern::pattern;

/// Where services seem to be, unless `server.override-services-hostname` says otherwise.
const HOST: &str = "localhost";

/// Commands that change no stored record, and so can be used while the disk is full.
const LEAVES_RECORDS: &[&str] = &[
    "CLEAR", "CLIENTS", "DEOP", "GET", "GHOST", "HOWTOBAN", "IDENTIFY", "INFO", "LIST", "OP", "SAGET",
    "SESSIONS", "STATUS",
];

/// One of the services, by the name everybody knows it by.
#[allow(clippy::enum_variant_names)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Accounts and nicks.
    NickServ,
    /// Registered channels.
    ChanServ,
    /// Hosts that are shown instead of the cloak.
    HostServ,
    /// What was said.
    HistServ,
}

/// A command of a service.
#[derive(Debug)]
pub struct Command {
    /// In upper case.
    pub name: &'static str,
    /// Other names of it, in upper case.
    pub aliases: &'static [&'static str],
    /// Parameters without which it makes no sense.
    pub params_min: usize,
    /// The most it takes.
    pub params_max: usize,
    /// The last of the most takes what is left of the line, blanks and all.
    pub text_last: bool,
    /// Who may use it.
    pub who: Who,
    /// Whether the configuration lets it be used.
    pub enabled: fn(&Config) -> bool,
    /// It is not listed by HELP.
    pub hidden: bool,
    /// What it does, in one line: `PARAMETERS: explanation`.
    pub help: &'static str,
    /// What more HELP tells about it, a line each.
    pub more: &'static [&'static str],
    /// The function; it gets between `params_min` and `params_max` parameters.
    pub run: fn(&mut Cx<'_>, &[&str]) -> Outcome,
}

/// Who may use a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everyone; the function may look closer.
    Anyone,
    /// Those with an account.
    LoggedIn,
    /// Operators with this capability.
    Oper(&'static str),
}

/// For [`Command::enabled`]: whatever the configuration.
pub fn always(_: &Config) -> bool {
    true
}

impl Service {
    /// All of them.
    pub const ALL: [Service; 4] =
        [Service::NickServ, Service::ChanServ, Service::HostServ, Service::HistServ];

    /// Its nick.
    pub fn name(self) -> &'static str {
        match self {
            Service::NickServ => "NickServ",
            Service::ChanServ => "ChanServ",
            Service::HostServ => "HostServ",
            Service::HistServ => "HistServ",
        }
    }

    /// The service with this nick, whatever the case.
    pub fn by_name(name: &str) -> Option<Service> {
        Service::ALL.into_iter().find(|service| service.name().eq_ignore_ascii_case(name))
    }

    /// Its host.
    pub fn host(self, config: &Config) -> &str {
        config.server.override_services_hostname.as_deref().unwrap_or(HOST)
    }

    /// What it is for, a line each.
    fn about(self) -> &'static [&'static str] {
        match self {
            Service::NickServ => nickserv::ABOUT,
            Service::ChanServ => chanserv::ABOUT,
            Service::HostServ => hostserv::ABOUT,
            Service::HistServ => histserv::ABOUT,
        }
    }

    /// Its commands besides HELP, by name.
    fn commands(self) -> &'static [&'static Command] {
        match self {
            Service::NickServ => nickserv::COMMANDS,
            Service::ChanServ => chanserv::COMMANDS,
            Service::HostServ => hostserv::COMMANDS,
            Service::HistServ => histserv::COMMANDS,
        }
    }

    /// Whether it has a command of this name.
    pub fn knows(self, name: &str) -> bool {
        let is = |other: &str| other.eq_ignore_ascii_case(name);
        self.commands()
            .iter()
            .any(|command| is(command.name) || command.aliases.iter().any(|alias| is(alias)))
    }

    /// Finds a command that the configuration lets be used.
    fn command(self, config: &Config, name: &str) -> Option<&'static Command> {
        let is = |other: &str| other.eq_ignore_ascii_case(name);
        let mut all = self.commands().iter().copied();
        all.find(|command| is(command.name) || command.aliases.iter().any(|alias| is(alias)))
            .filter(|command| (command.enabled)(config))
    }

    /// The parameters of one of its commands make no sense.
    pub fn bad_parameters(self, command: &str) -> Refusal {
        self.refuse(Phrase::SERVICE_BAD_PARAMETERS, &[self.name(), command])
    }

    /// A refusal in this service's words.
    pub fn refuse(self, text: Phrase, args: &[&str]) -> Refusal {
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        Refusal::Service { service: self, text, args }
    }
}

impl Who {
    /// Whether the user being served is one of them.
    fn includes(self, cx: &Cx<'_>) -> Result<(), Phrase> {
        match self {
            Who::Anyone => Ok(()),
            Who::LoggedIn => cx.account().map(|_| ()).ok_or(Phrase::SERVICE_LOGIN_FIRST),
            Who::Oper(right) if cx.user().may(right) => Ok(()),
            Who::Oper(_) => Err(Phrase::SERVICE_NO_PRIVILEGE),
        }
    }
}

impl Cx<'_> {
    /// Answers with a NOTICE from a service.
    pub fn notice(&mut self, service: Service, text: Text<'_>) {
        let (name, nick) = (service.name(), self.nick().to_owned());
        let host = service.host(self.config());
        self.reply_from(&format!("{name}!{name}@{host}"), "NOTICE", &[&nick], text);
    }

    /// Answers with a phrase from a service.
    pub fn tell(&mut self, service: Service, text: Phrase, args: &[&str]) {
        self.notice(service, Text::Said(text, args));
    }
}

/// Someone said this to a service: a command, or a CTCP query.
pub fn hear(cx: &mut Cx<'_>, service: Service, text: &str) {
    if let Some(query) = text.strip_prefix('\x01') {
        return answer_ctcp(cx, service, query.trim_end_matches('\x01'));
    }
    if let Err(refusal) = run(cx, service, text) {
        refusal.say(cx);
    }
}

fn run(cx: &mut Cx<'_>, service: Service, text: &str) -> Outcome {
    let (name, rest) = split_word(text);
    if name.is_empty() {
        return Err(service.refuse(Phrase::SERVICE_SEE_HELP, &[service.name()]));
    }
    if name.eq_ignore_ascii_case("HELP") {
        return help::help(cx, service, rest);
    }
    let Some(command) = service.command(cx.config(), name) else {
        return Err(service.refuse(Phrase::SERVICE_UNKNOWN_COMMAND, &[service.name()]));
    };
    command.who.includes(cx).map_err(|why| service.refuse(why, &[]))?;
    let params = params_of(command, rest);
    if !(command.params_min..=command.params_max).contains(&params.len()) {
        return Err(service.bad_parameters(command.name));
    }
    if cx.state().store_full && !LEAVES_RECORDS.contains(&command.name) {
        return Err(service.refuse(Phrase::STORE_FULL, &[]));
    }
    (command.run)(cx, &params)
}

fn params_of<'t>(command: &Command, mut rest: &'t str) -> Vec<&'t str> {
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

/// The first word, and what follows it; blanks around them are gone.
fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim_matches(' ');
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    (word, rest.trim_start_matches(' '))
}

fn answer_ctcp(cx: &mut Cx<'_>, service: Service, query: &str) {
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
    fn the_tables_are_sorted_and_no_name_is_taken_twice() {
        for service in Service::ALL {
            let names: Vec<&str> = service.commands().iter().map(|command| command.name).collect();
            assert!(names.is_sorted(), "{names:?}");
            let mut all: Vec<&str> = service.commands().iter().flat_map(|c| c.aliases).copied().collect();
            all.extend(names);
            all.push("HELP");
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count);
        }
    }

    #[test]
    fn a_text_is_one_parameter_only_in_its_place() {
        let command = Command { params_max: 2, text_last: true, ..*nickserv::COMMANDS[0] };
        assert_eq!(params_of(&command, "a  b  c "), ["a", "b  c"]);
        let command = Command { text_last: false, ..command };
        assert_eq!(params_of(&command, "a  b  c "), ["a", "b", "c"]);
    }
}

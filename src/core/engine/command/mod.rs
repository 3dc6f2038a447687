//! The commands: one file per command or family of commands, and the table of all commands.
//!
//! A handler parses its parameters, asks `policy`, and commits facts or replies. `dispatch` checks what all
//! commands have in common (registration, rights, number of parameters); `announce` decides which clients
//! are notified.
//! Invariant: a handler reads the state through `Cx::state` and changes it only through `Cx::commit`.

pub mod accept;
pub mod authenticate;
pub mod away;
pub mod batch;
pub mod cap;
pub mod chathistory;
mod debug;
pub mod defcon;
pub mod help;
pub mod history;
pub mod info;
pub mod invite;
pub mod ison;
pub mod join;
pub mod kick;
pub mod kill;
pub mod language;
pub mod list;
pub mod lusers;
pub mod markread;
mod mass;
pub mod message;
pub mod mode;
pub mod monitor;
pub mod motd;
pub mod names;
pub mod nick;
pub mod oper;
pub mod part;
pub mod persistence;
pub mod ping;
pub mod quit;
mod redact;
pub mod register;
pub mod rehash;
pub mod relaymsg;
pub mod roleplay;
pub mod sa;
pub mod service;
pub mod setname;
pub mod topic;
pub mod uban;
pub mod umode;
pub mod user;
pub mod webirc;
pub mod who;
pub mod whois;
pub mod whowas;
pub mod xline;
mod znc;

use crate::config::Config;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::wire::Message;

/// A command: an entry of the table.
///
/// By default it takes any number of parameters, is available to registered clients, and requires no operator
/// capability.
#[derive(Debug)]
pub struct Command {
    /// The name in upper case.
    pub name: &'static str,
    /// Number of parameters required; with fewer, the client gets 461.
    pub params_min: usize,
    /// Whether a client can use it before registration; otherwise it gets 451. Such a command may complete
    /// the registration.
    pub before_registration: bool,
    /// The operator capability that it requires; without it, the client gets 481.
    pub right: Option<&'static str>,
    /// One line for HELP: `PARAMETERS: explanation`.
    pub help: &'static str,
    /// The handler.
    pub run: fn(&mut Cx<'_>, &Message<'_>) -> Outcome,
}

impl Command {
    const fn new(name: &'static str, run: fn(&mut Cx<'_>, &Message<'_>) -> Outcome) -> Command {
        Command { name, params_min: 0, before_registration: false, right: None, help: "", run }
    }

    const fn params(mut self, min: usize) -> Command {
        self.params_min = min;
        self
    }

    const fn before_registration(mut self) -> Command {
        self.before_registration = true;
        self
    }

    const fn right(mut self, right: &'static str) -> Command {
        self.right = Some(right);
        self
    }

    const fn help(mut self, help: &'static str) -> Command {
        self.help = help;
        self
    }
}

/// All commands, sorted by name.
static TABLE: &[&Command] = &[
    &accept::ACCEPT,
    &roleplay::AMBIANCE,
    &authenticate::AUTHENTICATE,
    &away::AWAY,
    &batch::BATCH,
    &cap::CAP,
    &service::CHANSERV,
    &chathistory::CHATHISTORY,
    &service::CS,
    &debug::DEBUG,
    &defcon::DEFCON,
    &oper::DEOPER,
    &xline::DLINE,
    &message::ERROR,
    &help::HELP,
    &help::HELPOP,
    &history::HISTORY,
    &service::HISTSERV,
    &service::HOSTSERV,
    &service::HS,
    &info::INFO,
    &invite::INVITE,
    &ison::ISON,
    &info::ISUPPORT,
    &join::JOIN,
    &kick::KICK,
    &kill::KILL,
    &xline::KLINE,
    &language::LANGUAGE,
    &list::LIST,
    &lusers::LUSERS,
    &markread::MARKREAD,
    &mode::MODE,
    &monitor::MONITOR,
    &motd::MOTD,
    &names::NAMES,
    &nick::NICK,
    &service::NICKSERV,
    &message::NOTICE,
    &roleplay::NPC,
    &roleplay::NPCA,
    &service::NS,
    &oper::OPER,
    &part::PART,
    &user::PASS,
    &persistence::PERSISTENCE,
    &ping::PING,
    &ping::PONG,
    &message::PRIVMSG,
    &quit::QUIT,
    &redact::REDACT,
    &register::REGISTER,
    &rehash::REHASH,
    &relaymsg::RELAYMSG,
    &sa::SAJOIN,
    &sa::SAMODE,
    &sa::SANICK,
    &roleplay::SCENE,
    &setname::SETNAME,
    &info::SUMMON,
    &message::TAGMSG,
    &info::TIME,
    &topic::TOPIC,
    &uban::UBAN,
    &xline::UNDLINE,
    &invite::UNINVITE,
    &xline::UNKLINE,
    &user::USER,
    &ison::USERHOST,
    &info::USERS,
    &register::VERIFY,
    &info::VERSION,
    &webirc::WEBIRC,
    &who::WHO,
    &whois::WHOIS,
    &whowas::WHOWAS,
    &znc::ZNC,
];

/// Finds a command by its upper-case name or by an alias of the configuration.
pub fn find(config: &Config, name: &str) -> Option<&'static Command> {
    let by_name = |name: &str| TABLE.binary_search_by(|command| command.name.cmp(name)).ok();
    let alias =
        || config.server.command_aliases.get(name).and_then(|real| by_name(&real.to_ascii_uppercase()));
    by_name(name).or_else(alias).map(|at| TABLE[at])
}

/// Returns all commands, for HELP.
pub fn all() -> impl Iterator<Item = &'static Command> {
    TABLE.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}

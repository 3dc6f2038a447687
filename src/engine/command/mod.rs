//! The commands: one file per command or tight family, and the one table of them all.
//!
//! A handler parses its parameters, asks `policy`, and commits facts or replies. What all commands have
//! in common (registration, rights, parameter counts) is `dispatch`'s; who is told is `announce`'s.
//! Invariant: a handler reads the state by `Cx::state` and changes it by `Cx::commit` alone.

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

/// An entry of the table.
#[derive(Debug)]
pub struct Command {
    /// In upper case.
    pub name: &'static str,
    /// Parameters without which it makes no sense: 461.
    pub params_min: usize,
    /// When it may be used: 451.
    pub when: When,
    /// The operator capability it needs: 481.
    pub right: Option<&'static str>,
    /// What it does, in one line for HELP: `PARAMETERS: explanation`.
    pub help: &'static str,
    /// The handler.
    pub run: fn(&mut Cx<'_>, &Message<'_>) -> Outcome,
}

/// When a command may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// After registration.
    Registered,
    /// At any time; before registration it may complete it.
    Always,
}

/// All commands, by name.
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

/// All commands, for HELP.
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

//! ChanServ: registered channels persist with their founder, their modes and the ranks of accounts.
//!
//! This module contains the table and what its commands share; the commands are in the files beside it.
//! Unlike other commands, those of ChanServ also find channels whose name is purged.

mod amode;
mod clear;
mod howtoban;
mod info;
pub(in crate::engine) mod list;
mod purge;
mod rank;
mod register;
mod settings;
mod transfer;

use crate::config::Config;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::service::ServiceName;
use crate::i18n::Phrase;
use crate::state::fact::Change;
use crate::state::registry::Registration;
use crate::state::{ChannelId, Fact, ModeChange, Rank, UserId};

use super::ServiceCommand;

const CS: ServiceName = ServiceName::ChanServ;

/// The operator capability with the rights of a founder in every channel.
const CHANREG: &str = "chanreg";

pub(super) const ABOUT: &[&str] = &[
    "ChanServ lets you register and manage channels. A registered channel",
    "keeps its topic, modes, bans and privileges while it is empty.",
];

/// All commands, by name.
pub(super) static COMMANDS: &[&ServiceCommand] = &[
    &amode::AMODE,
    &clear::CLEAR,
    &rank::DEOP,
    &settings::GET,
    &howtoban::HOWTOBAN,
    &info::INFO,
    &list::LIST,
    &rank::OP,
    &purge::PURGE,
    &register::REGISTER,
    &settings::SET,
    &transfer::TRANSFER,
    &register::UNREGISTER,
];

fn is_registration_enabled(config: &Config) -> bool {
    config.channels.registration.enabled
}

/// Finds a channel that the user being served may see, purged or not.
fn find(cx: &Cx<'_>, name: &str) -> Result<ChannelId, Refusal> {
    let key = cx.setup.mapping.channel_key(name).ok();
    let found = key.and_then(|key| cx.state().channel_by_key(&key));
    let found = found.filter(|&id| cx.state().channels[id].is_known_to(cx.me(), cx.user()));
    found.ok_or_else(|| CS.refuse(Phrase::NO_SUCH_CHANNEL, &[]))
}

fn find_registered(cx: &Cx<'_>, name: &str) -> Result<ChannelId, Refusal> {
    let id = find(cx, name)?;
    match cx.state().channels[id].registration {
        Some(_) => Ok(id),
        None => Err(CS.refuse(Phrase::CHANNEL_NOT_REGISTERED, &[name])),
    }
}

/// Finds a registered channel that the user being served may manage, as its founder or as an operator.
fn find_managed(cx: &Cx<'_>, name: &str) -> Result<ChannelId, Refusal> {
    let id = find_registered(cx, name)?;
    match is_founder(cx, id) || cx.user().may(CHANREG) {
        true => Ok(id),
        false => Err(CS.refuse(Phrase::NO_CHANNEL_PRIVILEGE, &[])),
    }
}

fn is_founder(cx: &Cx<'_>, id: ChannelId) -> bool {
    cx.state().channels[id].is_founder(cx.user())
}

/// Returns the registration of a channel that is known to have one.
fn registration<'c>(cx: &'c Cx<'_>, id: ChannelId) -> &'c Registration {
    cx.state().channels[id].registration.as_ref().expect("callers have found a registered channel")
}

/// Returns the displayed name of a channel.
fn shown(cx: &Cx<'_>, id: ChannelId) -> String {
    cx.state().channels[id].name.as_str().to_owned()
}

/// Finds an account by name. Returns its folded name.
fn find_account(cx: &Cx<'_>, name: &str) -> Result<String, Refusal> {
    let key = cx.setup.mapping.nick_key(name).ok();
    let found = key.filter(|key| cx.state().accounts.contains_key(key));
    found.map(|key| key.into_owned()).ok_or_else(|| CS.refuse(Phrase::NO_SUCH_ACCOUNT, &[]))
}

/// Returns the displayed name of an account, or its key if it no longer exists.
fn account_name(cx: &Cx<'_>, key: &str) -> String {
    cx.state().accounts.get(key).map_or(key, |account| account.name.as_str()).to_owned()
}

/// Adds or removes the rank of a member, with a MODE from the server.
fn change_rank(cx: &mut Cx<'_>, id: ChannelId, user: UserId, rank: Rank, on: bool) {
    let member = cx.state().channels[id].members.get(&user);
    if member.is_some_and(|member| member.ranks.has(rank) != on) {
        let changes = vec![Change { change: ModeChange::Rank { rank, on, user }, entry: None }];
        cx.commit(Fact::ModesChanged { by: None, channel: id, changes });
    }
}

/// Does the same as [`change_rank`] for all users of an account.
fn change_rank_of_account(cx: &mut Cx<'_>, id: ChannelId, account: &str, rank: Rank, on: bool) {
    for user in cx.state().users_of(account).to_vec() {
        change_rank(cx, id, user, rank, on);
    }
}

/// Checks that the account of the user being served may register another channel.
fn check_channel_limit(cx: &Cx<'_>) -> Outcome {
    let Some(account) = cx.account() else { return Err(CS.refuse(Phrase::SERVICE_LOGIN_FIRST, &[])) };
    let limit = cx.config().channels.registration.max_channels_per_account;
    let own = cx.state().registered_channels().filter(|(.., r)| *r.founder == *account.name.key()).count();
    match own < limit || cx.user().may(CHANREG) {
        true => Ok(()),
        false => Err(CS.refuse(Phrase::TOO_MANY_REGISTERED, &[&limit.to_string()])),
    }
}

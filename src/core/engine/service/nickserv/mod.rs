//! NickServ: accounts, the nicks that belong to them, and their clients.
//!
//! This module contains the table; the commands are in the files beside it. Passwords are hashed and compared
//! by jobs, never here.

mod cert;
mod clients;
pub(in crate::engine) mod email;
pub(in crate::engine) mod identify;
pub(in crate::engine) mod info;
mod nick;
pub(in crate::engine) mod password;
pub(in crate::engine) mod register;
mod remove;
mod settings;
mod suspend;

use crate::config::Config;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Refusal;
use crate::engine::context::service::ServiceName;
use crate::i18n::Phrase;
use crate::state::Account;

use super::ServiceCommand;

const NS: ServiceName = ServiceName::NickServ;

pub(super) const ABOUT: &[&str] = &["NickServ lets you register, log in to, and manage an account."];

/// All commands, by name.
pub(super) static COMMANDS: &[&ServiceCommand] = &[
    &cert::CERT,
    &clients::CLIENTS,
    &nick::DROP,
    &settings::ENFORCE,
    &remove::ERASE,
    &settings::GET,
    &nick::GHOST,
    &nick::GROUP,
    &identify::IDENTIFY,
    &info::INFO,
    &info::LIST,
    &password::PASSWD,
    &register::REGISTER,
    &remove::RENAME,
    &password::RESETPASS,
    &nick::SADROP,
    &settings::SAGET,
    &register::SAREGISTER,
    &settings::SASET,
    &remove::SAVERIFY,
    &password::SENDPASS,
    &clients::SESSIONS,
    &settings::SET,
    &suspend::SUSPEND,
    &remove::UNREGISTER,
    &register::VERIFY,
    &email::VERIFYEMAIL,
];

fn is_authentication_enabled(config: &Config) -> bool {
    config.accounts.authentication_enabled
}

fn is_reservation_enabled(config: &Config) -> bool {
    config.accounts.nick_reservation.enabled
}

/// Returns the account that the user being served is logged in to.
fn own_account<'c>(cx: &'c Cx<'_>) -> Result<&'c Account, Refusal> {
    cx.account().ok_or_else(|| NS.refuse(Phrase::SERVICE_LOGIN_FIRST, &[]))
}

/// Finds an account by its name, or by a nick that belongs to it.
fn find_account<'c>(cx: &'c Cx<'_>, name: &str) -> Result<&'c Account, Refusal> {
    let key = cx.setup.mapping.nick_key(name).ok();
    let state = cx.state();
    let by_name = key
        .as_deref()
        .and_then(|key| state.accounts.get(key).or_else(|| state.accounts.get(state.reserved_for(key)?)));
    by_name.map(|account| &**account).ok_or_else(|| NS.refuse(Phrase::NO_SUCH_ACCOUNT, &[]))
}

//! ON, OFF, STATUS, SET and DEL: vhosts of accounts.

use crate::config::{Config, LogType};
use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::door::host;
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;
use crate::state::account::Vhost;
use crate::state::fact::AccountChange;
use crate::state::{Account, Fact};
use crate::text::is_shown_host;

use super::{HS, VHOSTS};

pub(super) const ON: ServiceCommand = ServiceCommand::new("ON", |cx, _| set_enabled(cx, true))
    .logged_in()
    .enabled(|config: &Config| config.accounts.vhosts.enabled)
    .help("enables your vhost");

pub(super) const OFF: ServiceCommand =
    ServiceCommand { name: "OFF", help: "disables your vhost", run: |cx, _| set_enabled(cx, false), ..ON };

pub(super) const STATUS: ServiceCommand = ServiceCommand::new("STATUS", status)
    .params(0, 1)
    .enabled(|config: &Config| config.accounts.vhosts.enabled)
    .help("[<account>]: shows your vhost, or, for operators, that of another account");

pub(super) const SET: ServiceCommand = ServiceCommand::new("SET", set)
    .params(2, 2)
    .right(VHOSTS)
    .enabled(|config: &Config| config.accounts.vhosts.enabled)
    .help("<account> <vhost>: sets the vhost of an account");

pub(super) const DEL: ServiceCommand = ServiceCommand::new("DEL", delete)
    .params(1, 1)
    .right(VHOSTS)
    .enabled(|config: &Config| config.accounts.vhosts.enabled)
    .help("<account>: deletes the vhost of an account");

fn find_account<'c>(cx: &'c Cx<'_>, name: &str) -> Result<&'c Account, Refusal> {
    let key = cx.setup.mapping.nick_key(name).ok();
    let found = key.and_then(|key| cx.state().accounts.get(&key));
    found.map(|account| &**account).ok_or_else(|| HS.refuse(Phrase::NO_SUCH_ACCOUNT, &[]))
}

/// Stores the vhost of an account and updates the hosts of its users.
fn store(cx: &mut Cx<'_>, account: &str, vhost: Option<Vhost>) {
    cx.commit(Fact::AccountChanged { account, change: AccountChange::Vhost(vhost) });
    for user in cx.state().users_of(account).to_vec() {
        host::renew(cx, user);
    }
}

fn set_enabled(cx: &mut Cx<'_>, on: bool) -> Outcome {
    if cx.state().defcon.silences_guests() {
        return Err(HS.refuse(Phrase::VHOSTS_CLOSED, &[]));
    }
    let account = cx.account().expect("the command requires a login");
    let Some(vhost) = &account.vhost else { return Err(HS.refuse(Phrase::NO_VHOST, &[])) };
    let (key, vhost) = (account.name.key().to_owned(), Vhost { enabled: on, ..vhost.clone() });
    store(cx, &key, Some(vhost));
    cx.tell(HS, if on { Phrase::VHOST_ON } else { Phrase::VHOST_OFF }, &[]);
    Ok(())
}

fn status(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let account = match params.first() {
        Some(_) if !cx.user().may(VHOSTS) => return Err(HS.refuse(Phrase::SERVICE_NO_PRIVILEGE, &[])),
        Some(name) => find_account(cx, name)?,
        None => cx.account().ok_or_else(|| HS.refuse(Phrase::SERVICE_LOGIN_FIRST, &[]))?,
    };
    let (name, vhost) = (account.name.as_str().to_owned(), account.vhost.clone());
    let Some(vhost) = vhost else { return Err(HS.refuse(Phrase::NO_VHOST, &[])) };
    cx.tell(HS, Phrase::VHOST_IS, &[&name, &vhost.host]);
    if !vhost.enabled {
        cx.tell(HS, Phrase::VHOST_IS_OFF, &[]);
    }
    Ok(())
}

fn set(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let account = find_account(cx, params[0])?;
    let (name, key) = (account.name.as_str().to_owned(), account.name.key().to_owned());
    let host = params[1];
    let fits = host.len() <= cx.config().accounts.vhosts.max_length && cx.setup.vhost_pattern.is_match(host);
    if !fits || !is_shown_host(host) {
        return Err(HS.refuse(Phrase::VHOST_INVALID, &[]));
    }
    cx.note(Level::Info, LogType::Opers, format!("{} set vhost {host} on account {name}", cx.nick()));
    store(cx, &key, Some(Vhost { host: host.into(), enabled: true }));
    cx.tell(HS, Phrase::VHOST_SET, &[&name, host]);
    Ok(())
}

fn delete(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let account = find_account(cx, params[0])?;
    let (name, key) = (account.name.as_str().to_owned(), account.name.key().to_owned());
    if account.vhost.is_none() {
        return Err(HS.refuse(Phrase::NO_VHOST, &[]));
    }
    cx.note(Level::Info, LogType::Opers, format!("{} deleted the vhost of account {name}", cx.nick()));
    store(cx, &key, None);
    cx.tell(HS, Phrase::VHOST_DELETED, &[&name]);
    Ok(())
}

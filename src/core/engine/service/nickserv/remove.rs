//! UNREGISTER, ERASE, SAVERIFY and RENAME: deletes, verifies or renames an account.

use crate::config::LogType;
use crate::engine::account::{self, suspension};
use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::service::{ServiceCommand, confirmation_code};
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::account::Purpose;
use crate::state::fact::AccountChange;

use super::{NS, find_account, is_authentication_enabled};

pub(super) const UNREGISTER: ServiceCommand =
    ServiceCommand::new("UNREGISTER", |cx, params| remove(cx, params, false))
        .params(1, 2)
        .enabled(is_authentication_enabled)
        .help("<account> [<code>]: deletes your account")
        .more(&[
            "Without a code, it shows the confirmation code. Operators can delete any account.",
            "The name remains reserved and cannot be registered again.",
        ]);

pub(super) const ERASE: ServiceCommand = ServiceCommand::new("ERASE", |cx, params| remove(cx, params, true))
    .params(1, 2)
    .right("accreg")
    .enabled(is_authentication_enabled)
    .help("<account> [<code>]: deletes an account and allows its name to be reused")
    .more(&[
        "Anyone can then register the name. Where stored messages are indexed by account,",
        "delete them with HistServ FORGET first. In most cases, use UNREGISTER instead.",
    ]);

pub(super) const SAVERIFY: ServiceCommand = ServiceCommand::new("SAVERIFY", verify)
    .params(1, 1)
    .right("accreg")
    .enabled(is_authentication_enabled)
    .help("<account>: verifies an account without a code");

pub(super) const RENAME: ServiceCommand = ServiceCommand::new("RENAME", rename)
    .params(2, 2)
    .right("accreg")
    .enabled(is_authentication_enabled)
    .help("<account> <name>: changes the capitalization of an account name")
    .more(&["Only the capitalization can change: Alice can become alice, but not Amanda."]);

fn remove(cx: &mut Cx<'_>, params: &[&str], freed: bool) -> Outcome {
    let (name, key, at_ms) = check_removable(cx, params[0], freed)?;
    let code = confirmation_code(&name, at_ms);
    if params.get(1).is_none_or(|given| !given.eq_ignore_ascii_case(&code)) {
        let (warning, command) = match freed {
            true => (Phrase::ERASE_WARNING, "ERASE"),
            false => (Phrase::UNREGISTER_WARNING, "UNREGISTER"),
        };
        cx.tell(NS, warning, &[]);
        cx.tell(NS, Phrase::SERVICE_CONFIRM, &[NS.name(), &format!("{command} {name} {code}")]);
        return Ok(());
    }
    cx.note(Level::Info, LogType::Accounts, format!("{} unregistered account {name}", cx.nick()));
    let reason = cx.setup.said(Phrase::ACCOUNT_DELETED, &[]);
    suspension::disconnect_unregistered(cx, &key, &reason);
    cx.tell(NS, Phrase::ACCOUNT_UNREGISTERED, &[&name]);
    let (me, mut users) = (cx.me(), cx.state().users_of(&key).to_vec());
    // The user being served may be disconnected, so it comes last.
    users.sort_by_key(|&user| user == me);
    for user in users {
        account::lose_account(cx, user, &reason);
    }
    cx.commit(Fact::AccountRemoved { account: &key, freed });
    Ok(())
}

/// Checks that the user may delete an account. Returns its name, key and registration time. `freed` also
/// allows the name of a deleted account, which can still be freed.
fn check_removable(cx: &Cx<'_>, name: &str, freed: bool) -> Result<(String, String, u64), Refusal> {
    let key = cx.setup.mapping.nick_key(name).map(|key| key.into_owned()).unwrap_or_default();
    let Some(account) = cx.state().accounts.get(&key) else {
        if freed && cx.state().retired_accounts.contains(&*key) {
            return Ok((key.clone(), key, 0));
        }
        return Err(NS.refuse(Phrase::NO_SUCH_ACCOUNT, &[]));
    };
    let is_own = cx.account().is_some_and(|own| own.name == account.name);
    if !is_own && !cx.user().may("accreg") {
        return Err(NS.refuse(Phrase::SERVICE_NO_PRIVILEGE, &[]));
    }
    Ok((account.name.as_str().to_owned(), key, account.registered_ms))
}

fn verify(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let account = find_account(cx, params[0])?;
    let (name, key) = (account.name.as_str().to_owned(), account.name.key().to_owned());
    if account.verified {
        return Err(NS.refuse(Phrase::ACCOUNT_IS_VERIFIED, &[&name]));
    }
    cx.note(Level::Info, LogType::Accounts, format!("operator {} verified account {name}", cx.nick()));
    cx.commit(Fact::AccountChanged { account: &key, change: AccountChange::Verified });
    let change = AccountChange::CodeUsed(Purpose::Verification);
    cx.commit(Fact::AccountChanged { account: &key, change });
    cx.tell(NS, Phrase::ACCOUNT_VERIFIED, &[&name]);
    Ok(())
}

fn rename(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let account = find_account(cx, params[0])?;
    let key = account.name.key().to_owned();
    let nicklen = cx.config().limits.nicklen;
    let name = cx.setup.mapping.nick(params[1], nicklen).ok().filter(|nick| nick.key() == key);
    let name = name.ok_or_else(|| NS.refuse(Phrase::RENAME_ONLY_CAPITALS, &[]))?;
    cx.commit(Fact::AccountChanged { account: &key, change: AccountChange::Respelled(name.clone().into()) });
    for user in cx.state().users_of(&key).to_vec() {
        let nick = &cx.state().users[user].nick;
        if nick.key() == key && nick.as_str() != name.as_str() {
            cx.commit(Fact::NickChanged { user, nick: name.clone() });
        }
    }
    cx.note(Level::Info, LogType::Accounts, format!("{} renamed account {key} to {name}", cx.nick()));
    cx.tell(NS, Phrase::ACCOUNT_RENAMED, &[name.as_str()]);
    Ok(())
}

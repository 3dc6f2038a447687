//! GROUP, DROP, SADROP and GHOST: manages the nicks of an account.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::fact::AccountChange;

use super::{NS, is_reservation_enabled, own_account};

pub(super) const GROUP: ServiceCommand = ServiceCommand::new("GROUP", group)
    .logged_in()
    .enabled(is_reservation_enabled)
    .help("groups your current nick with your account")
    .more(&["Grouped nicks are reserved for you, like your account name."]);

pub(super) const DROP: ServiceCommand =
    ServiceCommand::new("DROP", |cx, params| drop_nick(cx, params.first().copied(), false))
        .params(0, 1)
        .logged_in()
        .enabled(is_reservation_enabled)
        .help("[<nick>]: ungroups your current nick, or the given one, from your account");

pub(super) const SADROP: ServiceCommand =
    ServiceCommand::new("SADROP", |cx, params| drop_nick(cx, params.first().copied(), true))
        .params(1, 1)
        .right("accreg")
        .enabled(is_reservation_enabled)
        .help("<nick>: ungroups a nick from any account");

pub(super) const GHOST: ServiceCommand = ServiceCommand::new("GHOST", ghost)
    .params(1, 1)
    .logged_in()
    .enabled(is_reservation_enabled)
    .help("<nick>: disconnects a user who is using one of your nicks")
    .more(&["It can also disconnect another user who is logged in to your account."]);

fn group(cx: &mut Cx<'_>, _: &[&str]) -> Outcome {
    let nick = cx.user().nick.clone();
    let account = own_account(cx)?;
    let key = account.name.key().to_owned();
    if cx.state().retired_accounts.contains(nick.key()) {
        return Err(NS.refuse(Phrase::ACCOUNT_NAME_RETIRED, &[]));
    }
    match cx.state().reserved_for(nick.key()) {
        Some(owner) if owner == key => return Err(NS.refuse(Phrase::NICK_IS_YOURS, &[])),
        Some(_) => return Err(NS.refuse(Phrase::NICKNAME_RESERVED, &[])),
        None => {}
    }
    if cx.setup.mapping.has_skeletons() {
        let skeleton = cx.setup.mapping.skeleton(nick.as_str());
        if cx.state().reserved_for_skeleton(&skeleton).is_some_and(|owner| owner != key) {
            return Err(NS.refuse(Phrase::NICKNAME_RESERVED, &[]));
        }
    }
    if account.nicks.len() >= cx.config().accounts.nick_reservation.additional_nick_limit {
        return Err(NS.refuse(Phrase::TOO_MANY_NICKS, &[]));
    }
    let shown = nick.as_str().to_owned();
    cx.commit(Fact::AccountChanged { account: &key, change: AccountChange::NickGrouped(nick) });
    cx.tell(NS, Phrase::NICK_GROUPED, &[&shown]);
    Ok(())
}

fn drop_nick(cx: &mut Cx<'_>, nick: Option<&str>, any: bool) -> Outcome {
    let nick = nick.unwrap_or(cx.nick()).to_owned();
    let no_such = || NS.refuse(Phrase::NICK_NOT_GROUPED, &[&nick]);
    let nick_key = cx.setup.mapping.nick_key(&nick).map_err(|_| no_such())?.into_owned();
    let owner = cx.state().reserved_for(&nick_key).ok_or_else(no_such)?.to_owned();
    if !any && owner != own_account(cx)?.name.key() {
        return Err(no_such());
    }
    if owner == nick_key {
        return Err(NS.refuse(Phrase::NICK_IS_ACCOUNT_NAME, &[]));
    }
    cx.commit(Fact::AccountChanged { account: &owner, change: AccountChange::NickDropped(&nick_key) });
    cx.tell(NS, Phrase::NICK_UNGROUPED, &[&nick]);
    Ok(())
}

fn ghost(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let user = cx.find_user(params[0]).map_err(|_| NS.refuse(Phrase::NO_SUCH_NICK, &[]))?;
    if user == cx.me() {
        return Err(NS.refuse(Phrase::CANNOT_GHOST_SELF, &[]));
    }
    let own = own_account(cx)?;
    let ghost = &cx.state().users[user];
    let is_own_nick = cx.state().reserved_for(ghost.nick.key()) == Some(own.name.key());
    if !is_own_nick && ghost.account.as_ref() != Some(&own.name) {
        return Err(NS.refuse(Phrase::NICK_NOT_YOURS, &[]));
    }
    if ghost.always_on {
        return Err(NS.refuse(Phrase::CANNOT_GHOST_ALWAYS_ON, &[]));
    }
    let nick = ghost.nick.as_str().to_owned();
    let reason = cx.setup.said(Phrase::GHOSTED_BY, &[cx.nick()]);
    cx.commit(Fact::Killed { by: cx.me(), user, reason: &reason });
    cx.tell(NS, Phrase::GHOSTED, &[&nick]);
    Ok(())
}

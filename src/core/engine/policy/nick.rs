//! Permission to use a nick.

use crate::config::Config;
use crate::engine::context::refusal::Refusal;
use crate::engine::setup::{ResolvedConfig, settings};
use crate::state::account::{Settings, is_reserved_name};
use crate::state::{Account, State, UserId};
use crate::text::Nick;

/// The result of a request for a nick that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NickClaim {
    /// The client gets this nick, which may differ from the requested one.
    Take(Nick),
    /// The session attaches to this user (multiclient).
    Attach(UserId),
}

/// Checks a request for a nick (432, 433, `FAIL NICK NICKNAME_RESERVED`). `account` is that of the client,
/// `me` its user, if it has registered.
pub fn claim_nick(
    setup: &ResolvedConfig,
    state: &State,
    wanted: &str,
    account: Option<&Account>,
    me: Option<UserId>,
) -> Result<NickClaim, Refusal> {
    let nick = required_form(setup, wanted, account, me)?;
    let own_name = account.is_some_and(|account| account.name.key() == nick.key());
    if let Some(holder) = state.user_by_key(nick.key()).filter(|&holder| Some(holder) != me) {
        let attaches =
            me.is_none() && account.is_some_and(|account| may_attach(setup, state, holder, account));
        return if attaches { Ok(NickClaim::Attach(holder)) } else { Err(in_use(&nick)) };
    }
    if setup.mapping.has_skeletons() {
        let holder = state.user_by_skeleton(&setup.mapping.skeleton(nick.as_str()));
        if holder.is_some_and(|holder| Some(holder) != me) {
            return Err(in_use(&nick));
        }
    }
    if !own_name && is_reserved(setup, state, &nick, account) {
        return Err(Refusal::NickReserved(nick.as_str().to_owned()));
    }
    Ok(NickClaim::Take(nick))
}

/// Returns whether a nick belongs to a service or is reserved for the server, or looks like such a nick.
pub fn is_service(setup: &ResolvedConfig, nick: &Nick) -> bool {
    is_reserved_name(setup.mapping, nick.key(), nick.as_str())
}

/// Returns whether a nick has the form of a relayed user on another network, so that no client can use it.
pub fn is_relayed(config: &Config, nick: &str) -> bool {
    let relaymsg = &config.server.relaymsg;
    relaymsg.enabled && !nick.starts_with('#') && nick.contains(|c| relaymsg.separators.contains(c))
}

/// Returns whether a fictional character (NPC, SCENE) can have a name.
pub fn is_npc_name(setup: &ResolvedConfig, name: &str) -> bool {
    let nick = setup.mapping.nick(name, setup.config.server.max_line_len);
    nick.is_ok_and(|nick| !is_service(setup, &nick))
}

fn in_use(nick: &Nick) -> Refusal {
    Refusal::NickInUse(nick.as_str().to_owned())
}

/// Returns a nick in the form that the configuration requires: the name of the account, a guest's format, or
/// unchanged.
fn required_form(
    setup: &ResolvedConfig,
    wanted: &str,
    account: Option<&Account>,
    me: Option<UserId>,
) -> Result<Nick, Refusal> {
    let config = &setup.config;
    let reservation = &config.accounts.nick_reservation;
    let parse = |raw: &str| {
        let nick = setup.mapping.nick(raw, config.limits.nicklen);
        let nick = nick.ok().filter(|_| !is_relayed(config, raw));
        nick.ok_or_else(|| Refusal::ErroneousNickname(raw.to_owned()))
    };
    if let Some(account) = account.filter(|account| settings::uses_account_name(config, &account.settings)) {
        if me.is_some() && wanted != account.name.as_str() {
            return Err(Refusal::NickIsAccount(account.name.as_str().to_owned()));
        }
        return Ok(account.name.clone().into());
    }
    let nick = parse(wanted)?;
    if is_service(setup, &nick) {
        return Err(Refusal::ErroneousNickname(wanted.to_owned()));
    }
    if account.is_none() && reservation.force_guest_format {
        let pattern = setup.mapping.fold_lossy(&reservation.guest_nickname_format);
        if !crate::text::glob::matches(&pattern, nick.key()) {
            return parse(&reservation.guest_nickname_format.replacen('*', wanted, 1));
        }
    }
    Ok(nick)
}

fn may_attach(setup: &ResolvedConfig, state: &State, holder: UserId, account: &Account) -> bool {
    let same = state.users[holder].account.as_ref() == Some(&account.name);
    same && settings::is_multiclient(&setup.config, &account.settings)
}

/// Returns whether a nick, or one that looks like it, is reserved for another account or belonged to a
/// deleted one.
fn is_reserved(setup: &ResolvedConfig, state: &State, nick: &Nick, account: Option<&Account>) -> bool {
    let mut owner = state.reserved_for(nick.key());
    if owner.is_none() && setup.mapping.has_skeletons() {
        owner = state.reserved_for_skeleton(&setup.mapping.skeleton(nick.as_str()));
    }
    let Some(key) = owner else { return false };
    if state.retired_accounts.contains(key) {
        return settings::is_enforced(&setup.config, &Settings::default());
    }
    let Some(owner) = state.accounts.get(key).filter(|owner| owner.verified) else { return false };
    account.is_none_or(|account| account.name != owner.name)
        && settings::is_enforced(&setup.config, &owner.settings)
}

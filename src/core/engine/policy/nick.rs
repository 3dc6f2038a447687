//! Who may have which nick.

use crate::config::Config;
use crate::engine::context::refusal::Refusal;
use crate::engine::setup::{ResolvedConfig, settings};
use crate::state::account::{Settings, is_reserved_name};
use crate::state::{Account, State, UserId};
use crate::text::Nick;

/// What someone who wants a nick gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NickClaim {
    /// This nick, which may be another than the one wanted.
    Take(Nick),
    /// A place beside the sessions of this user (multiclient).
    Attach(UserId),
}

/// Judges a request for a nick: 432, 433, `FAIL NICK NICKNAME_RESERVED`. `account` is the wisher's, `me` the
/// wisher once registered.
pub fn claim_nick(
    setup: &ResolvedConfig,
    state: &State,
    wanted: &str,
    account: Option<&Account>,
    me: Option<UserId>,
) -> Result<NickClaim, Refusal> {
    let nick = shaped(setup, wanted, account, me)?;
    let own_name = account.is_some_and(|account| account.name.key() == nick.key());
    if let Some(holder) = state.user_by_key(nick.key()).filter(|&holder| Some(holder) != me) {
        let beside = me.is_none() && account.is_some_and(|account| may_attach(setup, state, holder, account));
        return if beside { Ok(NickClaim::Attach(holder)) } else { Err(in_use(&nick)) };
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

/// Whether the nick is a service's, or otherwise nobody's, or looks like one of those.
pub fn is_service(setup: &ResolvedConfig, nick: &Nick) -> bool {
    is_reserved_name(setup.mapping, nick.key(), nick.as_str())
}

/// Whether a nick is one of those on other networks whom a bridge relays; nobody here can have it.
pub fn is_relayed(config: &Config, nick: &str) -> bool {
    let relaymsg = &config.server.relaymsg;
    relaymsg.enabled && !nick.starts_with('#') && nick.contains(|c| relaymsg.separators.contains(c))
}

/// Whether someone made up can go by a name.
pub fn is_playable(setup: &ResolvedConfig, name: &str) -> bool {
    let nick = setup.mapping.nick(name, setup.config.server.max_line_len);
    nick.is_ok_and(|nick| !is_service(setup, &nick))
}

fn in_use(nick: &Nick) -> Refusal {
    Refusal::NickInUse(nick.as_str().to_owned())
}

/// The nick in the form the wisher may have: the account's name, a guest's form, or as it is.
fn shaped(
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

/// Whether the nick, or one that looks like it, is kept for another account, or was that of one that is gone.
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

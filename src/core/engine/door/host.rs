//! The visible host of a user: the operator's vhost, else the account's vhost, else the cloak (or, if cloaks
//! are disabled, the real host).

use crate::config::Config;
use crate::engine::context::turn::Turn;
use crate::engine::setup::ResolvedConfig;
use crate::state::{Fact, Moment, State, UserId};

/// Changes a user's visible host if another one applies now. Must be called after any change that the host
/// depends on.
pub fn renew(turn: &mut Turn<'_>, user: UserId) {
    let oper = turn.state().users[user].oper.as_ref().map(|oper| oper.name.to_string());
    renew_for_oper(turn, user, oper.as_deref());
}

/// Like [`renew`], for a user who is about to become this operator, or (`None`) no operator.
pub fn renew_for_oper(turn: &mut Turn<'_>, user: UserId, oper: Option<&str>) {
    let host = visible_host(turn.config(), turn.state(), user, oper);
    if *host != *turn.state().users[user].host() {
        turn.commit(Fact::HostChanged { user, host: &host });
    }
}

/// Assigns hosts to the users of an earlier run, who have no connection and so no address. There are no
/// clients to notify.
pub fn assign_hosts(setup: &ResolvedConfig, state: &mut State, moment: Moment) {
    let server = setup.server_name();
    for user in state.users.iter().map(|(id, _)| id).collect::<Vec<_>>() {
        let account = state.users[user].account.as_ref();
        let cloak = account.and_then(|account| setup.cloak.account(account.as_str()));
        let cloak = cloak.as_deref().unwrap_or(server);
        state.assign_host(user, server, cloak);
        let host = visible_host(&setup.config, state, user, None);
        state.apply(moment, Fact::HostChanged { user, host: &host });
    }
}

fn visible_host(config: &Config, state: &State, user: UserId, oper: Option<&str>) -> Box<str> {
    let user = &state.users[user];
    let entry = |name: &str| config.opers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    if let Some(host) = oper.and_then(entry).and_then(|(_, keys)| keys.vhost.as_deref()) {
        return host.into();
    }
    let account = user.account.as_ref().and_then(|name| state.accounts.get(name.key()));
    let vhost = account.and_then(|account| account.vhost.as_ref());
    let vhost = vhost.filter(|vhost| vhost.enabled && config.accounts.vhosts.enabled);
    vhost.map_or_else(|| user.cloak.clone(), |vhost| vhost.host.clone())
}

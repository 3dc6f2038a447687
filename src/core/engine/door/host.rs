//! Which host others see of a user: that of an operator, else the account's vhost, else the cloak (or, where
//! cloaks are off, the real host).

use crate::config::Config;
use crate::engine::context::turn::Turn;
use crate::engine::setup::ResolvedConfig;
use crate::state::{Fact, Moment, State, UserId};

/// Shows the host that is due now. Must follow whatever it depends on.
pub fn renew(turn: &mut Turn<'_>, user: UserId) {
    let oper = turn.state().users[user].oper.as_ref().map(|oper| oper.name.to_string());
    renew_for_oper(turn, user, oper.as_deref());
}

/// As [`renew`], for someone who is about to be this operator, or none.
pub fn renew_for_oper(turn: &mut Turn<'_>, user: UserId, oper: Option<&str>) {
    let due = due(turn.config(), turn.state(), user, oper);
    if due != turn.state().users[user].host {
        turn.commit(Fact::HostChanged { user, host: &due });
    }
}

/// Gives the users of an earlier run their hosts; they have no connection, and so no address. Nobody is
/// there to be told.
pub fn assign_hosts(setup: &ResolvedConfig, state: &mut State, moment: Moment) {
    let server = setup.server_name();
    for user in state.users.iter().map(|(id, _)| id).collect::<Vec<_>>() {
        let account = state.users[user].account.as_ref();
        let cloak = account.and_then(|account| setup.cloak.account(account.as_str()));
        let cloak = cloak.as_deref().unwrap_or(server);
        state.assign_host(user, server, cloak);
        let host = due(&setup.config, state, user, None);
        state.apply(moment, Fact::HostChanged { user, host: &host });
    }
}

fn due(config: &Config, state: &State, user: UserId, oper: Option<&str>) -> Box<str> {
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

//! Which host others see of a user: that of an operator, else the account's vhost, else the cloak (or, where
//! cloaks are off, the real host).

use crate::state::{Fact, UserId};

use super::cx::Cx;

/// Shows the host that is due now. Must follow whatever it depends on.
pub fn renew(cx: &mut Cx<'_>, user: UserId) {
    let oper = cx.state().users[user].oper.as_ref().map(|oper| oper.name.to_string());
    renew_for_oper(cx, user, oper.as_deref());
}

/// As [`renew`], for someone who is about to be this operator, or none.
pub fn renew_for_oper(cx: &mut Cx<'_>, user: UserId, oper: Option<&str>) {
    let due = due(cx, user, oper);
    if due != cx.state().users[user].host {
        cx.commit(Fact::HostChanged { user, host: &due });
    }
}

fn due(cx: &Cx<'_>, user: UserId, oper: Option<&str>) -> Box<str> {
    let (config, user) = (cx.config(), &cx.state().users[user]);
    let entry = |name: &str| config.opers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    if let Some(host) = oper.and_then(entry).and_then(|(_, keys)| keys.vhost.as_deref()) {
        return host.into();
    }
    let account = user.account.as_ref().and_then(|name| cx.state().accounts.get(name.key()));
    let vhost = account.and_then(|account| account.vhost.as_ref());
    let vhost = vhost.filter(|vhost| vhost.enabled && config.accounts.vhosts.enabled);
    vhost.map_or_else(|| user.cloak.clone(), |vhost| vhost.host.clone())
}

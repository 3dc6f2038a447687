//! Bans of addresses and masks, and other reasons to reject a client. Checked when a connection opens, when
//! it becomes a user or attaches to one, and when a ban is set.
//!
//! Loopback is exempt, so that operators cannot lock themselves out of the machine.

use crate::config::{Config, LogType};
use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::policy;
use crate::engine::setup::ResolvedConfig;
use crate::i18n::Phrase;
use crate::state::ban::{BanInfo, BanTarget};
use crate::state::fact::OperAction;
use crate::state::{Door, Fact, Session, SessionId, State, User, UserId};
use crate::text::folded_nuh;

/// Limit on the number of bans; an operator who needs more must lift some, or ban ranges.
pub const BANS_MAX: usize = 100_000;

/// Returns the text that a banned client reads.
pub fn reason(setup: &ResolvedConfig, info: &BanInfo) -> String {
    match (info.require_sasl, &*info.reason) {
        (false, "") => setup.said(Phrase::BANNED_FROM_SERVER, &[]),
        (false, reason) => setup.said(Phrase::BANNED_FROM_SERVER_FOR, &[reason]),
        (true, "") => setup.said(Phrase::BANNED_WITHOUT_LOGIN, &[]),
        (true, reason) => setup.said(Phrase::BANNED_WITHOUT_LOGIN_FOR, &[reason]),
    }
}

/// Returns why a connection is rejected, whichever user it would become; `None` if it is not.
pub fn obstacle_at_accept(
    setup: &ResolvedConfig,
    state: &State,
    door: &Door,
    wall_ms: u64,
) -> Option<String> {
    if is_exempt(door) {
        return None;
    }
    let is_secure = || setup.config.server.secure_nets.iter().any(|net| net.contains(door.ip));
    if state.defcon.rejects_connections() && !is_secure() {
        return Some(setup.said(Phrase::DEFCON_CLOSED, &[]));
    }
    let mut bans = state.bans.over_address(door.ip, wall_ms).map(|(_, info)| info);
    bans.find(|info| !info.require_sasl).map(|info| reason(setup, info))
}

/// Closes the session being served if it may not be the user with these sources; returns whether it did.
#[must_use]
pub fn reject_banned(cx: &mut Cx<'_>, nuhs: &[String]) -> bool {
    let logged_in = cx.account().is_some();
    let why = obstacle(cx.setup, cx.state(), cx.served(), nuhs, logged_in, cx.now.wall_ms);
    let Some(why) = why else { return false };
    reject(cx, LogType::Connect, &why);
    true
}

/// Closes the session being served because it is rejected, and logs the reason under a log type.
pub fn reject(cx: &mut Cx<'_>, log_type: LogType, why: &str) {
    let ip = ResolvedConfig::address_text(cx.served().door.ip);
    cx.note(Level::Info, log_type, format!("client from {ip} rejected: {why}"));
    cx.close(why);
}

/// Returns why a session may not be the user with these sources; `None` if it may. Checked at registration,
/// and again when a user loses the account.
pub fn obstacle(
    setup: &ResolvedConfig,
    state: &State,
    session: &Session,
    nuhs: &[String],
    logged_in: bool,
    wall_ms: u64,
) -> Option<String> {
    let requirement = if logged_in { None } else { account_requirement(&setup.config, state, session) };
    let ban = || find_ban(state, &session.door, nuhs, logged_in, wall_ms).map(|info| reason(setup, info));
    requirement.map(|requirement| setup.said(requirement, &[])).or_else(ban)
}

/// Returns why a session needs an account, whichever user it is; `None` if it needs none.
fn account_requirement(config: &Config, state: &State, session: &Session) -> Option<Phrase> {
    let (door, defcon) = (&session.door, state.defcon);
    if policy::needs_account(config, door.ip) {
        return Some(Phrase::LOGIN_TO_JOIN);
    }
    if session.needs_account || door.tor && config.server.tor_listeners.require_sasl {
        return Some(Phrase::ADDRESS_NEEDS_LOGIN);
    }
    let is_emergency =
        defcon.requires_account() && !is_exempt(door) || defcon.closes_registration() && door.tor;
    is_emergency.then_some(Phrase::DEFCON_NEEDS_LOGIN)
}

/// Returns the ban that applies to a session as the user with these sources.
fn find_ban<'s>(
    state: &'s State,
    door: &Door,
    nuhs: &[String],
    logged_in: bool,
    wall_ms: u64,
) -> Option<&'s BanInfo> {
    if is_exempt(door) {
        return None;
    }
    let ip = door.ip;
    let applies = |info: &&BanInfo| !(info.require_sasl && logged_in);
    let by_address = state.bans.over_address(ip, wall_ms).map(|(_, info)| info).find(applies);
    let mut by_mask = nuhs.iter().flat_map(|nuh| state.bans.over_mask(nuh, wall_ms)).map(|(_, info)| info);
    by_address.or_else(|| by_mask.find(applies))
}

/// Returns the sources that masks are matched against, for the visible host, the one under a vhost, the host
/// name of the connection and its address. Bans of channels match fewer of them, because channel operators
/// must not learn real hosts.
pub fn sources(nick_key: &str, username: &str, hosts: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for host in hosts {
        let nuh = folded_nuh(nick_key, username, host);
        if !all.contains(&nuh) {
            all.push(nuh);
        }
    }
    all
}

/// Returns the sources of a user.
pub fn sources_of(user: &User) -> Vec<String> {
    let ip = ResolvedConfig::address_text(user.ip);
    sources(user.nick.key(), &user.username, &[user.host(), &user.cloak, &user.real_host, &ip])
}

/// Returns the sources of a user with one of its sessions, which may have another address.
pub fn sources_through(user: &User, door: &Door) -> Vec<String> {
    let mut all = sources_of(user);
    let ip = ResolvedConfig::address_text(door.ip);
    all.extend(sources(user.nick.key(), &user.username, &[&ip]));
    all
}

/// Returns whether a ban matches a session, by its address or by a source of its user.
pub fn covers(state: &State, target: &BanTarget, session: SessionId) -> bool {
    let session = &state.sessions[session];
    if is_exempt(&session.door) {
        return false;
    }
    match target {
        BanTarget::Net(net) => net.contains(session.door.ip),
        BanTarget::Mask(mask) => session
            .user()
            .is_some_and(|user| sources_of(&state.users[user]).iter().any(|nuh| mask.matches(nuh))),
    }
}

/// Sets a ban, after removing expired ones. Returns `false` if [`BANS_MAX`] is reached.
#[must_use]
pub fn set(cx: &mut Cx<'_>, target: BanTarget, info: BanInfo) -> bool {
    let is_expired = |(_, info): &(BanTarget, &BanInfo)| !info.holds(cx.now.wall_ms);
    let expired: Vec<BanTarget> =
        cx.state().bans.all().filter(is_expired).map(|(target, _)| target).collect();
    for target in expired {
        cx.commit(Fact::OperAction(OperAction::Ban { target, info: None, by: None }));
    }
    if cx.state().bans.count() >= BANS_MAX && cx.state().bans.get(&target).is_none() {
        return false;
    }
    cx.commit(Fact::OperAction(OperAction::Ban { target, info: Some(Box::new(info)), by: None }));
    true
}

/// Lifts a ban; returns `false` if there is none.
#[must_use]
pub fn lift(cx: &mut Cx<'_>, target: BanTarget) -> bool {
    if cx.state().bans.get(&target).is_none_or(|info| !info.holds(cx.now.wall_ms)) {
        return false;
    }
    let by = cx.oper_name();
    cx.commit(Fact::OperAction(OperAction::Ban { target, info: None, by: Some(&by) }));
    true
}

/// The users whose sessions a ban closed, by nick.
#[derive(Debug, Default)]
pub struct Enforced {
    /// Users who have left.
    pub closed: Vec<String>,
    /// Users who stay, because they are always-on.
    pub staying: Vec<String>,
}

/// Closes the sessions that a ban matches, except for the one being served.
pub fn enforce(cx: &mut Cx<'_>, target: &BanTarget, info: &BanInfo) -> Enforced {
    let state = cx.state();
    let logged_in = |session| {
        let account = |user: UserId| state.users[user].account.is_some();
        state.sessions.get(session).and_then(|session| session.user()).is_some_and(account)
    };
    let is_banned = |&session: &SessionId| {
        session != cx.session && !(info.require_sasl && logged_in(session)) && covers(state, target, session)
    };
    let sessions: Vec<SessionId> = state.sessions.iter().map(|(id, _)| id).filter(is_banned).collect();
    let mut done = Enforced::default();
    let reason = reason(cx.setup, info);
    for session in sessions {
        let user = cx.state().sessions.get(session).and_then(|session| session.user());
        if let Some(user) = user.map(|user| &cx.state().users[user]) {
            let nick = user.nick.as_str().to_owned();
            let list = if user.always_on { &mut done.staying } else { &mut done.closed };
            if list.last() != Some(&nick) {
                list.push(nick);
            }
        }
        cx.disconnect(session, &reason);
    }
    done
}

/// Returns whether a connection comes from loopback. Connections from the Tor network only look as if they
/// did.
fn is_exempt(door: &Door) -> bool {
    door.ip.to_canonical().is_loopback() && !door.tor
}

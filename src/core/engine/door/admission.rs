//! Admits or rejects a connection by its address: when it opens, and again when a gateway reports another
//! address.
//!
//! Bans and DEFCON are checked first, then the number of connections that the host has open and has made
//! recently. Loopback always passes, so that operators cannot lock themselves out. Tor listeners have their
//! own limits.

use std::time::Duration;

use crate::config::{Config, IpLimits, LogType};
use crate::engine::context::cx::Cx;
use crate::i18n::Phrase;
use crate::state::connections::{Key, Usage};
use crate::state::fact::{Counted, OperAction};
use crate::state::{Fact, Session, State};

use super::bans;

/// The reason for a rejection, as the client reads it.
type Reason = Phrase;

/// Limits on connections open at the same time, and made within a window; 0 is no limit.
struct ConnectionLimits {
    open_max: usize,
    made_max: usize,
    window: Duration,
}

/// Admits the session being served and counts it, or closes it with the reason.
pub fn admit(cx: &mut Cx<'_>) {
    if let Some(why) = bans::obstacle_at_accept(cx.setup, cx.state(), &cx.served().door, cx.now.wall_ms) {
        return bans::reject(cx, LogType::ConnectIp, &why);
    }
    match check(cx.config(), cx.state(), cx.served(), cx.now.mono_ms) {
        Ok(counted) => {
            let before = cx.served().counted.as_ref();
            if before != counted.as_ref().map(|counted| &counted.key) {
                cx.commit(Fact::Admitted { session: cx.session, counted });
            }
        }
        Err(reason) => bans::reject(cx, LogType::ConnectIp, &cx.setup.said(reason, &[])),
    }
}

/// Checks a session against the limits; returns the host under which it is counted, or `None` if it is
/// exempt.
fn check(config: &Config, state: &State, session: &Session, mono_ms: u64) -> Result<Option<Counted>, Reason> {
    let door = &session.door;
    let (key, limits, too_many, too_fast) = if door.tor {
        let tor = &config.server.tor_listeners;
        let limits = ConnectionLimits {
            open_max: tor.max_connections,
            made_max: tor.max_connections_per_duration,
            window: tor.throttle_duration,
        };
        (Key::Tor, limits, Phrase::TOO_MANY_FROM_TOR, Phrase::TOO_OFTEN_FROM_TOR)
    } else {
        let limits = &config.server.ip_limits;
        let exempt = || limits.exempted.iter().any(|net| net.contains(door.ip));
        if door.ip.is_loopback() || !(limits.count || limits.throttle) || exempt() {
            return Ok(None);
        }
        let (key, limits) = host_limits(limits, door.ip);
        (key, limits, Phrase::TOO_MANY_FROM_NETWORK, Phrase::TOO_OFTEN_FROM_NETWORK)
    };
    if session.counted.as_ref() != Some(&key) {
        check_usage(&limits, state.connections.usage(&key), mono_ms, too_many, too_fast)?;
    }
    Ok(Some(Counted { key, window_ms: limits.window.as_millis() as u64 }))
}

fn check_usage(
    limits: &ConnectionLimits,
    usage: Usage,
    mono_ms: u64,
    too_many: Reason,
    too_fast: Reason,
) -> Result<(), Reason> {
    if limits.open_max > 0 && usage.open as usize >= limits.open_max {
        return Err(too_many);
    }
    if limits.made_max > 0 && usage.recent(mono_ms) as usize >= limits.made_max {
        return Err(too_fast);
    }
    Ok(())
}

/// Resets the counter of recent connections of an address; returns `false` if it was zero.
pub fn reset_counter(cx: &mut Cx<'_>, ip: std::net::IpAddr) -> bool {
    let (key, _) = host_limits(&cx.config().server.ip_limits, ip);
    let was_counted = cx.state().connections.usage(&key).recent(cx.now.mono_ms) > 0;
    cx.commit(Fact::OperAction(OperAction::Forgiven { key }));
    was_counted
}

/// Returns the group or network of an address, with its limits.
fn host_limits(limits: &IpLimits, ip: std::net::IpAddr) -> (Key, ConnectionLimits) {
    // Without a list of networks, the name of a group is its network.
    let contains = |name: &str, nets: &[crate::config::Net]| match nets {
        [] => crate::config::Net::parse(name).is_some_and(|net| net.contains(ip)),
        nets => nets.iter().any(|net| net.contains(ip)),
    };
    let group = limits.custom_limits.iter().find(|(name, group)| contains(name, &group.nets));
    let (key, open_max, made_max) = match group {
        Some((name, group)) => (
            Key::Group(name.as_str().into()),
            group.max_concurrent_connections,
            group.max_connections_per_window,
        ),
        None => (
            Key::net(ip, limits.cidr_len_ipv4, limits.cidr_len_ipv6),
            limits.max_concurrent_connections,
            limits.max_connections_per_window,
        ),
    };
    let open_max = if limits.count { open_max } else { 0 };
    let made_max = if limits.throttle { made_max } else { 0 };
    (key, ConnectionLimits { open_max, made_max, window: limits.window })
}

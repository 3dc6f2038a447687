//! Whether a connection may come in at all, by its address. Asked when it opens, and again when a gateway
//! says that the address is another one.
//!
//! The order: Tor listeners have limits of their own and nothing else; loopback always passes, so that an
//! operator cannot lock themselves out; then bans and DEFCON; then the connections that the host has and
//! makes.

use std::time::Duration;

use crate::config::{Config, IpLimits};
use crate::engine::context::cx::Cx;
use crate::i18n::Phrase;
use crate::state::connections::{Key, Usage};
use crate::state::fact::{Counted, OperAction};
use crate::state::{Fact, Session, State};

use super::bans;

/// Why a connection may not come in, as the client reads it.
type Reason = Phrase;

/// How many connections are too many; 0 is no limit.
struct Most {
    open: usize,
    made: usize,
    window: Duration,
}

/// Lets the session being served in and counts it; otherwise closes it with the reason.
pub fn admit(cx: &mut Cx<'_>) {
    if let Some(why) = bans::obstacle_at_accept(cx.setup, cx.state(), &cx.served().door, cx.now.wall_ms) {
        return bans::reject(cx, "connect-ip", &why);
    }
    let verdict = judge(cx.config(), cx.state(), cx.served(), cx.now.mono_ms);
    match verdict {
        Ok(counted) => {
            let before = cx.served().counted.as_ref();
            if before != counted.as_ref().map(|counted| &counted.key) {
                cx.commit(Fact::Admitted { session: cx.session, counted });
            }
        }
        Err(reason) => bans::reject(cx, "connect-ip", &cx.setup.said(reason, &[])),
    }
}

/// With whom the session is to be counted, if with anybody.
fn judge(config: &Config, state: &State, session: &Session, mono_ms: u64) -> Result<Option<Counted>, Reason> {
    let door = &session.door;
    let (key, most, too_many, too_fast) = if door.tor {
        let tor = &config.server.tor_listeners;
        let most = Most {
            open: tor.max_connections,
            made: tor.max_connections_per_duration,
            window: tor.throttle_duration,
        };
        (Key::Tor, most, Phrase::TOO_MANY_FROM_TOR, Phrase::TOO_OFTEN_FROM_TOR)
    } else {
        let limits = &config.server.ip_limits;
        let exempt = || limits.exempted.iter().any(|net| net.contains(door.ip));
        if door.ip.is_loopback() || !(limits.count || limits.throttle) || exempt() {
            return Ok(None);
        }
        let (key, most) = host(limits, door.ip);
        (key, most, Phrase::TOO_MANY_FROM_NETWORK, Phrase::TOO_OFTEN_FROM_NETWORK)
    };
    if session.counted.as_ref() != Some(&key) {
        within(&most, state.connections.usage(&key), mono_ms, too_many, too_fast)?;
    }
    Ok(Some(Counted { key, window_ms: most.window.as_millis() as u64 }))
}

fn within(most: &Most, usage: Usage, mono_ms: u64, too_many: Reason, too_fast: Reason) -> Result<(), Reason> {
    if most.open > 0 && usage.open as usize >= most.open {
        return Err(too_many);
    }
    if most.made > 0 && usage.recent(mono_ms) as usize >= most.made {
        return Err(too_fast);
    }
    Ok(())
}

/// Forgets the connections that an address made of late; false when there were none.
pub fn forgive(cx: &mut Cx<'_>, ip: std::net::IpAddr) -> bool {
    let (key, _) = host(&cx.config().server.ip_limits, ip);
    let made = cx.state().connections.usage(&key).recent(cx.now.mono_ms) > 0;
    cx.commit(Fact::OperAction(OperAction::Forgiven { key }));
    made
}

/// The group or network of an address, with its limits.
fn host(limits: &IpLimits, ip: std::net::IpAddr) -> (Key, Most) {
    // Without a list of networks, the name of a group is its network.
    let holds = |name: &str, nets: &[crate::config::Net]| match nets {
        [] => crate::config::Net::parse(name).is_some_and(|net| net.contains(ip)),
        nets => nets.iter().any(|net| net.contains(ip)),
    };
    let group = limits.custom_limits.iter().find(|(name, group)| holds(name, &group.nets));
    let (key, open, made) = match group {
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
    let open = if limits.count { open } else { 0 };
    let made = if limits.throttle { made } else { 0 };
    (key, Most { open, made, window: limits.window })
}

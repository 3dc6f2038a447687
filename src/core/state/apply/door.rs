//! Applies facts about new connections. Part of [`State::apply`].

use std::net::IpAddr;

use super::Moment;
use crate::state::State;
use crate::state::fact::Counted;
use crate::state::id::SessionId;
use crate::state::session::{Door, Finding, Origin, Pace, Phase, Session};

impl State {
    pub(super) fn open(&mut self, moment: Moment, session: SessionId, door: Box<Door>) {
        self.sessions.insert_at(session, Session::new(door, moment.mono_ms));
        self.counts.unregistered += 1;
    }

    pub(super) fn drop_session(&mut self, session: SessionId) {
        self.remove_session(session);
        self.counts.unregistered -= 1;
    }

    /// Removes a session. Every session must end here, or the count of its host would never decrease.
    pub(super) fn remove_session(&mut self, id: SessionId) -> Option<Session> {
        self.monitors.clear(id);
        let session = self.sessions.remove_at(id)?;
        if let Some(key) = &session.counted {
            self.connections.leave(key);
        }
        Some(session)
    }

    /// Replaces the properties of a gateway with those of its client. Properties of the connection itself,
    /// above all its certificate, belonged to the gateway. All fields are named, so that adding one forces a
    /// decision.
    pub(super) fn set_proxied(&mut self, session: SessionId, ip: IpAddr, secure: bool, host: Option<&str>) {
        let session = &mut self.sessions[session];
        let &Door { websocket, tor, sts_only, hide_sts, .. } = &*session.door;
        *session.door = Door {
            ip,
            proxied: true,
            endpoints: None,
            secure,
            certfp: None,
            certificates: Box::default(),
            websocket,
            tor,
            sts_only,
            hide_sts,
        };
        if let Phase::Registering(registering) = &mut session.phase {
            let host = host.map_or(Finding::Open, |host| Finding::of(Some(host)));
            registering.origin = Origin { host, ..Origin::default() };
        }
    }

    pub(super) fn count(&mut self, moment: Moment, session: SessionId, counted: Option<Counted>) {
        if let Some(Counted { key, window_ms }) = &counted {
            self.connections.enter(key, moment.mono_ms, *window_ms);
        }
        let before = std::mem::replace(&mut self.sessions[session].counted, counted.map(|c| c.key));
        if let Some(key) = before {
            self.connections.leave(&key);
        }
    }

    /// Returns the rate of a session's commands, mutably; starts to record it.
    pub fn pace(&mut self, session: SessionId) -> &mut Pace {
        self.sessions[session].pace.get_or_insert_default()
    }
}

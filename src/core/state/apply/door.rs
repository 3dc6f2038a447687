//! How facts about connections at the door become true. Part of [`State::apply`].

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

    /// Every session that ends must end here: hosts would run out of connections otherwise.
    pub(super) fn remove_session(&mut self, id: SessionId) -> Option<Session> {
        self.monitors.clear(id);
        let session = self.sessions.remove_at(id)?;
        if let Some(key) = &session.counted {
            self.connections.leave(key);
        }
        Some(session)
    }

    /// Puts a client in the place of its gateway. Whatever the connection itself showed, its certificate above
    /// all, was the gateway's. Every field is named here, so that a new one has to be decided about.
    pub(super) fn speak_for(&mut self, session: SessionId, ip: IpAddr, secure: bool, host: Option<&str>) {
        let session = &mut self.sessions[session];
        let Door { listener, websocket, tor, sts_only, hide_sts, .. } = (*session.door).clone();
        *session.door = Door {
            ip,
            proxied: true,
            endpoints: None,
            secure,
            certfp: None,
            certificates: Box::default(),
            listener,
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

    /// How fast a session has sent commands, from now on kept.
    pub fn pace(&mut self, session: SessionId) -> &mut Pace {
        self.sessions[session].pace.get_or_insert_default()
    }
}

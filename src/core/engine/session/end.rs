//! How a session ends, and what is noted of its device while it is there.

use crate::engine::announce::{show_away, show_quit};
use crate::engine::context::cx::Cx;
use crate::engine::setup::settings;
use crate::i18n::Phrase;
use crate::state::user::DISCONNECTED;
use crate::state::{Fact, Session, SessionId};
use crate::wire::Text;

use super::registration;

/// How old what is known of a device's presence may become while it is there.
const SEEN_STEP_MS: u64 = 10 * 60 * 1000;

impl Cx<'_> {
    /// Ends the session being served with a phrase as the reason.
    pub fn close_saying(&mut self, reason: Phrase, args: &[&str]) {
        let reason = self.setup.said(reason, args);
        self.close(&reason);
    }

    /// Ends the session being served: the channels see `reason`, and so does the client.
    pub fn close(&mut self, reason: &str) {
        show_quit(self, reason);
        self.reply_bare("ERROR", &[], Text::Plain(reason));
        self.drop_session(reason);
        self.turn.voice.answer.close();
    }

    /// Ends any session, as [`Cx::close`] ends the one being served.
    pub(in crate::engine) fn disconnect(&mut self, session: SessionId, reason: &str) {
        self.serve(session, |cx| cx.close(reason));
    }

    /// Takes the session out of the state: with its user, if it was the last one and the user does not
    /// stay.
    pub(in crate::engine) fn drop_session(&mut self, reason: &str) {
        let Some(user) = self.state().sessions.get(self.session).map(Session::user) else { return };
        self.turn.waiting.sessions.remove(&self.session);
        let Some(user) = user else {
            self.commit(Fact::SessionDropped { session: self.session });
            return;
        };
        let left = self.state().users[user].sessions.len() - 1;
        if left == 0 && !self.state().users[user].always_on {
            self.touch_device(self.now.wall_ms);
            self.commit(Fact::Quit { user, reason });
            return;
        }
        self.touch_device(self.now.wall_ms);
        let was_away = self.state().users[user].away.is_some();
        let auto_away = self.account().is_some_and(|a| settings::is_auto_away(self.config(), &a.settings));
        let away = (left == 0 && auto_away).then_some(DISCONNECTED);
        self.commit(Fact::Detached { session: self.session, away });
        registration::renew_secure(self, user);
        if was_away != self.state().users[user].away.is_some() {
            show_away(self, user);
        }
    }

    /// Notes that the device being served was there until it was last heard, if what is known is much older:
    /// a crash must not make it look long gone.
    pub(in crate::engine) fn refresh_device(&mut self) {
        let device = self.served().device.as_deref().unwrap_or_default();
        let known_ms = self.account().and_then(|account| account.last_seen.get(device)).copied();
        let silent_ms = self.now.mono_ms.saturating_sub(self.served().heard_mono_ms);
        let heard_ms = self.now.wall_ms.saturating_sub(silent_ms);
        if known_ms.is_none_or(|known_ms| known_ms.saturating_add(SEEN_STEP_MS) <= heard_ms) {
            self.touch_device(heard_ms);
        }
    }

    /// Notes that the device being served was there until this time.
    pub(in crate::engine) fn touch_device(&mut self, at_ms: u64) {
        let Some(account) = self.account().map(|account| account.name.clone()) else { return };
        let device = self.served().device.clone().unwrap_or_default();
        self.commit(Fact::Seen { account: account.key(), device: &device, at_ms });
    }
}

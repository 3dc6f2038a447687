//! The end of a session, and the last-seen time of its device.

use crate::engine::announce::{show_away, show_quit};
use crate::engine::context::cx::Cx;
use crate::engine::setup::settings;
use crate::i18n::Phrase;
use crate::state::user::DISCONNECTED;
use crate::state::{Fact, Session, SessionId, User};
use crate::wire::Text;

use super::registration;

/// Age at which the last-seen time of a connected device is updated, in milliseconds.
const SEEN_STEP_MS: u64 = 10 * 60 * 1000;

impl Cx<'_> {
    /// Ends the session being served, with a phrase as the reason.
    pub fn close_saying(&mut self, reason: Phrase, args: &[&str]) {
        let reason = self.setup.said(reason, args);
        self.close(&reason);
    }

    /// Ends the session being served: the client sees `reason`, and so do its channels if the user quits.
    pub fn close(&mut self, reason: &str) {
        show_quit(self, reason);
        self.reply_bare("ERROR", &[], Text::Plain(reason));
        self.drop_session(reason);
        self.turn.voice.answer.close();
    }

    /// Ends any session like [`Cx::close`].
    pub(in crate::engine) fn disconnect(&mut self, session: SessionId, reason: &str) {
        self.serve(session, |cx| cx.close(reason));
    }

    /// Removes the session from the state, and its user if it was the last session and the user is not
    /// always-on.
    pub(in crate::engine) fn drop_session(&mut self, reason: &str) {
        let Some(user) = self.state().sessions.get(self.session).map(Session::user) else { return };
        self.turn.waiting.sessions.remove(&self.session);
        let Some(user) = user else {
            self.commit(Fact::SessionDropped { session: self.session });
            return;
        };
        let remaining = self.state().users[user].sessions.len() - 1;
        if remaining == 0 && !self.state().users[user].always_on {
            self.touch_device(self.now.wall_ms);
            self.commit(Fact::Quit { user, reason });
            return;
        }
        self.touch_device(self.now.wall_ms);
        let was_away = self.state().users[user].away.is_some();
        let auto_away = self.account().is_some_and(|a| settings::is_auto_away(self.config(), &a.settings));
        let away = (remaining == 0 && auto_away).then_some(DISCONNECTED);
        self.commit(Fact::Detached { session: self.session, away });
        registration::renew_secure(self, user);
        if was_away != self.state().users[user].away.is_some() {
            show_away(self, user);
        }
    }

    /// Removes the session from the state without notifying anyone, because announcing its end has failed.
    /// Otherwise, it would stay forever.
    pub(in crate::engine) fn abandon_session(&mut self, reason: &str) {
        let session = self.session;
        let Some(user) = self.state().sessions.get(session).map(Session::user) else { return };
        self.turn.waiting.sessions.remove(&session);
        let is_last = |user: &User| user.sessions.len() == 1 && !user.always_on;
        self.turn.commit_silently(match user {
            None => Fact::SessionDropped { session },
            Some(user) if is_last(&self.state().users[user]) => Fact::Quit { user, reason },
            Some(_) => Fact::Detached { session, away: None },
        });
    }

    /// Updates the last-seen time of the device being served if it is much older than the device's last line,
    /// so that after a crash the device does not seem to have been away for long.
    pub(in crate::engine) fn refresh_device(&mut self) {
        let device = self.served().device.as_deref().unwrap_or_default();
        let known_ms = self.account().and_then(|account| account.last_seen.get(device)).copied();
        let idle_ms = self.now.mono_ms.saturating_sub(self.served().heard_mono_ms);
        let heard_ms = self.now.wall_ms.saturating_sub(idle_ms);
        if known_ms.is_none_or(|known_ms| known_ms.saturating_add(SEEN_STEP_MS) <= heard_ms) {
            self.touch_device(heard_ms);
        }
    }

    /// Sets the last-seen time of the device being served.
    pub(in crate::engine) fn touch_device(&mut self, at_ms: u64) {
        let Some(account) = self.account().map(|account| account.name.clone()) else { return };
        let device = self.served().device.clone().unwrap_or_default();
        self.commit(Fact::Seen { account: account.key(), device: &device, at_ms });
    }
}

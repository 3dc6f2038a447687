//! What any event has, whether a session caused it or not: the state to read, the time, and the ways to speak.

use crate::config::Config;
use crate::engine::border::{Effect, Level, Note, Now};
use crate::engine::setup::ResolvedConfig;
use crate::state::{ChannelId, Moment, SessionId, State, UserId};
use crate::wire::MsgId;

use super::answer::Answer;
use super::cx::Cx;
use super::ids::Ids;
use super::ledger::Ledger;
use super::recorder::Recorder;
use super::refusal::Refusal;
use super::timers::Timers;
use super::voice::Voice;
use super::waiting::{Waiting, WaitingList};

/// The context of one event. Facts are announced and committed with it; only a session can be replied to, with
/// [`Cx`].
#[derive(Debug)]
pub struct Turn<'e> {
    /// Names, limits and everything else that follows from the configuration.
    pub setup: &'e ResolvedConfig,
    /// The time of this event.
    pub now: Now,
    /// The state.
    pub ledger: &'e mut Ledger,
    /// Where lines go. The session that caused the event, if one did, has its copies in the answer.
    pub voice: Voice<'e>,
    /// Counters for ids.
    pub ids: &'e mut Ids,
    /// When sessions are to be looked at.
    pub timers: &'e mut Timers,
    /// Sessions that wait.
    pub waiting: &'e mut WaitingList,
    /// What is to be kept of what is being told.
    pub recorder: &'e mut Recorder,
    /// Set while the state is between two facts; a panic that leaves it set is not survived.
    pub applying: &'e mut bool,
}

impl<'e> Turn<'e> {
    /// Everything known of the network.
    pub fn state(&self) -> &State {
        self.ledger
    }

    /// The configuration.
    pub fn config(&self) -> &'e Config {
        &self.setup.config
    }

    /// The moment, as applying and recording need it.
    pub fn moment(&self) -> Moment {
        Moment { mono_ms: self.now.mono_ms, wall_ms: self.now.wall_ms, mapping: self.setup.mapping }
    }

    /// Finds a user by nick; 401.
    pub fn find_user(&self, nick: &str) -> Result<UserId, Refusal> {
        let key = self.setup.mapping.nick_key(nick).ok();
        let found = key.and_then(|key| self.ledger.user_by_key(&key));
        found.ok_or_else(|| Refusal::NoSuchNick(nick.to_owned()))
    }

    /// Finds a channel by name, secret or not; 403, also while its name is purged.
    pub fn find_any_channel(&self, name: &str) -> Result<ChannelId, Refusal> {
        let key = self.setup.mapping.channel_key(name).ok();
        let key = key.filter(|key| !self.ledger.purges.contains_key(&**key));
        let found = key.and_then(|key| self.ledger.channel_by_key(&key));
        found.ok_or_else(|| Refusal::NoSuchChannel(name.to_owned()))
    }

    /// Writes to the log.
    pub fn note(&mut self, level: Level, kind: &'static str, text: String) {
        self.voice.out.push(Effect::Note(Note { level, kind, text }));
    }

    /// A fresh message id.
    pub fn msgid(&mut self) -> MsgId {
        self.ids.msgid(self.now.wall_ms)
    }

    /// The same turn, for another answer.
    fn for_answer(&mut self, answer: Answer) -> Turn<'_> {
        let Turn { setup, now, ledger, voice, ids, timers, waiting, recorder, applying } = self;
        let Voice { out, stamp, scratch, .. } = voice;
        let voice = Voice { setup, out, answer, stamp: *stamp, scratch };
        Turn { setup, now: *now, ledger, voice, ids, timers, waiting, recorder, applying }
    }

    /// Serves a session that did not cause the event. What it waits for goes first.
    pub fn serve(&mut self, session: SessionId, say: impl FnOnce(&mut Cx<'_>)) {
        debug_assert_ne!(self.voice.answer.session(), Some(session), "Cx::serve knows its own session");
        let held = self.waiting.sessions.get_mut(&session).and_then(Waiting::interrupt);
        let mut cx = Cx::new(self.for_answer(Answer::new(session, None)), session);
        let held = held.map(|held| {
            (cx.pending, cx.later) = (Some(held.pending), held.later);
            held.answer
        });
        say(&mut cx);
        cx.leave(held);
    }
}

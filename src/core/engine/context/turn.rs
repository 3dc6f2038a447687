//! The context of any event, whether a session caused it or not: the state, the time, and where lines go.

use crate::config::{Config, LogType};
use crate::engine::border::{CallId, Effect, Job, Level, LoginOutcome, Note, Now};
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
use super::waiting::{ResumeCall, Waiting, WaitingList};

/// The context of one event. Facts are announced and committed with it; only a session can be replied to,
/// with [`Cx`].
#[derive(Debug)]
pub struct Turn<'e> {
    /// Names, limits and everything else that follows from the configuration.
    pub setup: &'e ResolvedConfig,
    /// The time of this event.
    pub now: Now,
    /// The state.
    pub ledger: &'e mut Ledger,
    /// Where lines go. Those for the session that caused the event, if there is one, go into the answer.
    pub voice: Voice<'e>,
    /// Counters for ids.
    pub ids: &'e mut Ids,
    /// The times at which sessions must be checked.
    pub timers: &'e mut Timers,
    /// Sessions that wait.
    pub waiting: &'e mut WaitingList,
    /// Records history.
    pub recorder: &'e mut Recorder,
    /// Set while a fact is being applied; a panic that leaves it set ends the process.
    pub applying: &'e mut bool,
}

impl<'e> Turn<'e> {
    /// Returns the state.
    pub fn state(&self) -> &State {
        self.ledger
    }

    /// Returns the configuration.
    pub fn config(&self) -> &'e Config {
        &self.setup.config
    }

    /// Returns the time and the case mapping, with which facts are applied.
    pub fn moment(&self) -> Moment {
        Moment { mono_ms: self.now.mono_ms, wall_ms: self.now.wall_ms, mapping: self.setup.mapping }
    }

    /// Finds a user by nick; 401 if there is none.
    pub fn find_user(&self, nick: &str) -> Result<UserId, Refusal> {
        let key = self.setup.mapping.nick_key(nick).ok();
        let found = key.and_then(|key| self.ledger.user_by_key(&key));
        found.ok_or_else(|| Refusal::NoSuchNick(nick.to_owned()))
    }

    /// Finds a channel by name, secret or not; 403 if there is none or its name is purged.
    pub fn find_any_channel(&self, name: &str) -> Result<ChannelId, Refusal> {
        let key = self.setup.mapping.channel_key(name).ok();
        let key = key.filter(|key| !self.ledger.purges.contains_key(&**key));
        let found = key.and_then(|key| self.ledger.channel_by_key(&key));
        found.ok_or_else(|| Refusal::NoSuchChannel(name.to_owned()))
    }

    /// Writes to the log.
    pub fn note(&mut self, level: Level, kind: LogType, text: String) {
        self.voice.out.push(Effect::Note(Note { level, kind, text }));
    }

    /// Counts an attempt to log in.
    pub fn count_login(&mut self, outcome: LoginOutcome) {
        self.voice.out.push(Effect::CountLogin(outcome));
    }

    /// Returns a new message id.
    pub fn msgid(&mut self) -> MsgId {
        self.ids.msgid(self.now.wall_ms)
    }

    /// Requests a job for a call, which waits until `then` has handled the result.
    pub fn ask_for(&mut self, call: CallId, job: impl Into<Job>, then: impl ResumeCall + 'static) {
        let ticket = self.ids.ticket();
        self.waiting.calls.insert(ticket, (call, Box::new(then)));
        self.voice.out.push(Effect::Ask { ticket, job: job.into() });
    }

    /// Requests for a call that the configuration be read again; the call waits as for a job.
    pub fn ask_reload_for(&mut self, call: CallId, then: impl ResumeCall + 'static) {
        let ticket = self.ids.ticket();
        self.waiting.calls.insert(ticket, (call, Box::new(then)));
        self.voice.out.push(Effect::Reload { ticket });
    }

    /// Returns the same context with another answer.
    fn for_answer(&mut self, answer: Answer) -> Turn<'_> {
        let Turn { setup, now, ledger, voice, ids, timers, waiting, recorder, applying } = self;
        let Voice { out, stamp, scratch, .. } = voice;
        let voice = Voice { setup, out, answer, stamp: *stamp, scratch };
        Turn { setup, now: *now, ledger, voice, ids, timers, waiting, recorder, applying }
    }

    /// Serves a session that did not cause the event. Long answers that `serve` adds follow after everything
    /// that the session already waits for.
    pub fn serve(&mut self, session: SessionId, serve: impl FnOnce(&mut Cx<'_>)) {
        debug_assert_ne!(
            self.voice.answer.session(),
            Some(session),
            "Cx::serve handles the session being served"
        );
        let held = self.waiting.sessions.get_mut(&session).and_then(Waiting::interrupt);
        let mut cx = Cx::new(self.for_answer(Answer::new(session, None)), session);
        let held = held.map(|held| {
            (cx.pending, cx.later) = (Some(held.pending), held.later);
            held.answer
        });
        serve(&mut cx);
        cx.leave(held);
    }
}

//! What a handler sees: the state to read, and the few things it can do.
//!
//! There is no way to the state but [`Cx::commit`], which announces a fact and then applies it, and no
//! way to a socket at all.

use std::collections::VecDeque;

use crate::config::Config;
use crate::engine::effect::{Effect, Job, Level, Note};
use crate::engine::event::Now;
use crate::engine::setup::Setup;
use crate::i18n::Phrase;
use crate::state::fact::OperAction;
use crate::state::{Account, ChannelId, Fact, Moment, Session, SessionId, State, User, UserId};
use crate::wire::{Body, MsgId, Numeric, Origin, Outgoing, Text};

use super::answer::Answer;
use super::ids::Ids;
use super::recorder::Chronicle;
use super::refusal::Refusal;
use super::timers::Timers;
use super::voice::Voice;
use super::waiting::{Held, LongAnswer, Pending, Resume, Waiting, WaitingList};

/// The context of one command, or of one event that concerns a session.
#[derive(Debug)]
pub struct Cx<'e> {
    /// Names, limits and everything else that follows from the configuration.
    pub setup: &'e Setup,
    /// The time of this event.
    pub now: Now,
    /// The session being served.
    pub session: SessionId,
    pub(in crate::engine) state: &'e mut State,
    pub(in crate::engine) voice: Voice<'e>,
    pub(in crate::engine) ids: &'e mut Ids,
    pub(in crate::engine) timers: &'e mut Timers,
    pub(in crate::engine) waiting: &'e mut WaitingList,
    /// What is to be kept of what is being told.
    pub(in crate::engine) chronicle: &'e mut Chronicle,
    /// Set while the state is between two facts; a panic that leaves it set is not survived.
    pub(in crate::engine) applying: &'e mut bool,
    /// What the session waits for once this command is over.
    pub(in crate::engine) pending: Option<Pending>,
    /// Long answers that follow what it waits for, in this order.
    pub(in crate::engine) later: VecDeque<Box<dyn LongAnswer>>,
    /// The session is to be closed once its answer is complete.
    pub(in crate::engine) closed: bool,
}

impl<'e> Cx<'e> {
    /// Everything known of the network.
    pub fn state(&self) -> &State {
        self.state
    }

    /// The configuration.
    pub fn config(&self) -> &'e Config {
        &self.setup.config
    }

    /// The session being served.
    pub fn served(&self) -> &Session {
        &self.state.sessions[self.session]
    }

    /// The user being served.
    pub fn me(&self) -> UserId {
        self.served().user().expect("the dispatcher lets only registered users here")
    }

    /// The user being served.
    pub fn user(&self) -> &User {
        &self.state.users[self.me()]
    }

    /// The account logged into, before or after registration.
    pub fn account(&self) -> Option<&Account> {
        let key = match (self.served().registering(), self.served().user()) {
            (Some(registering), _) => registering.account.as_deref()?,
            (None, Some(user)) => self.state.users[user].account.as_ref()?.key(),
            (None, None) => return None,
        };
        self.state.accounts.get(key).map(|account| &**account)
    }

    /// How far the user being served has read a target (folded), milliseconds since 1970.
    pub fn read_marker(&self, target: &str) -> Option<u64> {
        let markers = self.account().map_or(&self.user().read_markers, |account| &account.read_markers);
        markers.get(target).copied()
    }

    /// The nick to address the session by; `*` before it has one.
    pub fn nick(&self) -> &str {
        nick_of(self.state, self.session)
    }

    /// The moment, as applying and recording need it.
    pub fn moment(&self) -> Moment {
        Moment { mono_ms: self.now.mono_ms, wall_ms: self.now.wall_ms, mapping: self.setup.mapping }
    }

    /// Finds a user by nick; 401.
    pub fn find_user(&self, nick: &str) -> Result<UserId, Refusal> {
        let key = self.setup.mapping.nick_key(nick).ok();
        let found = key.and_then(|key| self.state.user_by_key(&key));
        found.ok_or_else(|| Refusal::NoSuchNick(nick.to_owned()))
    }

    /// Finds a channel by name; 403, also while nobody may use the name.
    pub fn find_channel(&self, name: &str) -> Result<ChannelId, Refusal> {
        let key = self.setup.mapping.channel_key(name).ok();
        let key = key.filter(|key| !self.state.purges.contains_key(&**key));
        let found = key.and_then(|key| self.state.channel_by_key(&key));
        found.ok_or_else(|| Refusal::NoSuchChannel(name.to_owned()))
    }

    /// Answers with a numeric.
    pub fn reply(&mut self, code: Numeric, params: &[&str], text: Text<'_>) {
        let nick = nick_of(self.state, self.session).to_owned();
        self.reply_addressed(&nick, code, params, text);
    }

    /// Answers with a numeric addressed to another nick than that of the session being served.
    pub fn reply_addressed(&mut self, nick: &str, code: Numeric, params: &[&str], text: Text<'_>) {
        let body = Body::Numeric { code, nick, params, text };
        say(&mut self.voice, self.state, self.session, self.setup.server_name(), body);
    }

    /// Answers with a command that comes from the server.
    pub fn reply_command(&mut self, verb: &str, params: &[&str], text: Text<'_>) {
        let body = Body::Command { verb, params, text };
        say(&mut self.voice, self.state, self.session, self.setup.server_name(), body);
    }

    /// Answers with a command that comes from nobody: ERROR, and PING.
    pub fn reply_bare(&mut self, verb: &str, params: &[&str], text: Text<'_>) {
        let body = Body::Command { verb, params, text };
        say(&mut self.voice, self.state, self.session, "", body);
    }

    /// Answers with a command that comes from someone who is no user.
    pub fn reply_from(&mut self, source: &str, verb: &str, params: &[&str], text: Text<'_>) {
        let body = Body::Command { verb, params, text };
        say(&mut self.voice, self.state, self.session, source, body);
    }

    /// Answers with a standard reply of the FAIL kind.
    pub fn fail(&mut self, command: &str, code: &str, context: &[&str], text: Phrase) {
        let mut params = vec![command, code];
        params.extend_from_slice(context);
        self.reply_command("FAIL", &params, Text::Said(text, &[]));
    }

    /// A phrase in the language of the session being served, for a place inside a line.
    pub fn said(&self, text: Phrase, args: &[&str]) -> String {
        let mut said = Vec::new();
        self.setup.languages.write(&self.served().languages, text, args, &mut said);
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Opens a batch around what is answered next, if the client knows batches.
    pub fn open_batch(&mut self, kind: &str, params: &[&str]) {
        self.open_batch_tagged("", kind, params);
    }

    /// Like [`Cx::open_batch`], with tags on the line that opens it.
    pub fn open_batch_tagged(&mut self, client_tags: &str, kind: &str, params: &[&str]) {
        if !self.served().caps.has(crate::wire::Cap::Batch) {
            return;
        }
        let reference = self.ids.batch();
        let start = format!("+{reference}");
        let mut all = vec![start.as_str(), kind];
        all.extend_from_slice(params);
        let body = Body::Command { verb: "BATCH", params: &all, text: Text::None };
        let origin = Origin { client_tags, ..Origin::default() };
        let line = Outgoing { source: self.setup.server_name(), origin, body };
        self.voice.reply(&self.state.sessions[self.session], &line);
        self.voice.answer.enter_batch(reference);
    }

    /// Closes the batch that was opened last, if the client knows batches.
    pub fn close_batch(&mut self) {
        let Some(reference) = self.voice.answer.leave_batch() else { return };
        self.reply_command("BATCH", &[&format!("-{reference}")], Text::None);
    }

    /// Asks for a job; the session's later lines wait until `then` has been done.
    pub fn ask(&mut self, job: Job, then: impl Resume + 'static) {
        let ticket = self.ids.ticket();
        self.waiting.tickets.insert(ticket, self.session);
        self.voice.out.push(Effect::Ask { ticket, job });
        self.pending = Some(Pending::Job(ticket, Box::new(then)));
    }

    /// Asks for a job that may take long; the session goes on meanwhile.
    pub fn ask_aside(&mut self, job: Job, then: impl Resume + 'static) {
        let ticket = self.ids.ticket();
        self.waiting.aside.insert(ticket, (self.session, Box::new(then)));
        self.voice.out.push(Effect::Ask { ticket, job });
    }

    /// Asks for the configuration to be read again; the session waits as for a job.
    pub fn ask_reload(&mut self, then: impl Resume + 'static) {
        let ticket = self.ids.ticket();
        self.waiting.tickets.insert(ticket, self.session);
        self.voice.out.push(Effect::Reload { ticket });
        self.pending = Some(Pending::Job(ticket, Box::new(then)));
    }

    /// Gives a long answer piece by piece as the client reads it, after what the session waits for already.
    pub fn answer_long(&mut self, answer: impl LongAnswer + 'static) {
        self.later.push_back(Box::new(answer));
    }

    /// Whether the session is in the midst of a long answer: what is as long has its turn after it.
    pub fn is_answering_long(&self) -> bool {
        match self.pending {
            None => !self.later.is_empty(),
            Some(Pending::Room(_)) => true,
            Some(Pending::Drain) => !self.later.is_empty(),
            Some(Pending::Job(..) | Pending::Pace(_)) => false,
        }
    }

    /// The long answer to go on with, unless the session waits for something else.
    pub(in crate::engine) fn take_long_answer(&mut self) -> Option<Box<dyn LongAnswer>> {
        match self.pending.take() {
            Some(Pending::Room(answer)) => Some(answer),
            None => self.later.pop_front(),
            other => {
                self.pending = other;
                None
            }
        }
    }

    /// What the session waits for, if anything is left to do for it.
    fn take_pending(&mut self) -> Option<Pending> {
        self.pending.take().or_else(|| self.later.pop_front().map(Pending::Room))
    }

    /// Says something to the session being served for which there is no numeric.
    pub fn server_notice(&mut self, text: &str) {
        let nick = self.nick().to_owned();
        self.reply_command("NOTICE", &[&nick], Text::Plain(text));
    }

    /// Makes known what an operator did: to the log, and to operators who want to know.
    pub fn oper_did(&mut self, did: &str) {
        self.commit(Fact::OperAction(OperAction::Did { did }));
    }

    /// Writes to the log.
    pub fn note(&mut self, level: Level, kind: &'static str, text: String) {
        self.voice.out.push(Effect::Note(Note { level, kind, text }));
    }

    /// What the operator being served is called in `opers`.
    pub fn oper_name(&self) -> String {
        self.user().oper.as_ref().map_or_else(String::new, |oper| oper.name.to_string())
    }

    /// Serves another session for a moment, such as a further one of the same user. What that one waits for goes first.
    pub(in crate::engine) fn serve(&mut self, session: SessionId, say: impl FnOnce(&mut Self)) {
        if session == self.session {
            return say(self);
        }
        let own_answer = std::mem::replace(&mut self.voice.answer, Answer::new(session, None));
        let own_session = std::mem::replace(&mut self.session, session);
        let own_closed = std::mem::replace(&mut self.closed, false);
        let (own_pending, own_later) = (self.pending.take(), std::mem::take(&mut self.later));
        let held = self.waiting.sessions.get_mut(&session).and_then(Waiting::interrupt);
        let held = held.map(|held| {
            (self.pending, self.later) = (Some(held.pending), held.later);
            held.answer
        });
        say(self);
        let pending = self.take_pending();
        let later = std::mem::replace(&mut self.later, own_later);
        let mut answer = std::mem::replace(&mut self.voice.answer, own_answer);
        self.state.note_answered(session, answer.take_said());
        (self.session, self.pending) = (own_session, own_pending);
        if std::mem::replace(&mut self.closed, own_closed) {
            self.voice.out.push(Effect::Close { session });
        } else if let Some(pending) = pending {
            if held.is_none() {
                self.voice.out.push(Effect::Hold { session });
            }
            let answer = held.unwrap_or(answer);
            self.waiting.sessions.entry(session).or_default().hold(Held { pending, later, answer });
        }
    }

    /// A fresh message id.
    pub fn msgid(&mut self) -> MsgId {
        self.ids.msgid(self.now.wall_ms)
    }

    /// Takes the label of what is being answered; it is answered later, with [`Cx::answer_under`].
    pub fn put_off_answer(&mut self) -> Option<String> {
        self.voice.answer.put_off()
    }

    /// Goes on answering under a label that was put off, if there was one. What was to be answered so far is.
    pub fn answer_under(&mut self, label: Option<String>) {
        if label.is_none() {
            return;
        }
        let own = std::mem::replace(&mut self.voice.answer, Answer::under(self.session, label));
        let (ids, server) = (&mut *self.ids, self.setup.server_name());
        let said = own.finish(self.voice.out, server, || ids.batch());
        self.state.note_answered(self.session, said);
    }

    /// What is left to do when the command is over: the session waits, or the answer is complete. A client
    /// that does not read its answers is served no further command: what has been answered and not read is
    /// bounded, whichever commands it came from.
    pub(in crate::engine) fn finish(mut self) {
        let session = self.session;
        let server = self.setup.server_name();
        let pending = self.take_pending().filter(|_| !self.closed);
        let ids = self.ids;
        match pending {
            None => {
                let said = self.voice.answer.finish(self.voice.out, server, || ids.batch());
                if self.closed {
                    self.voice.out.push(Effect::Close { session });
                } else if said > 0 && self.state.note_answered(session, said) > self.setup.unread_bytes_max()
                {
                    self.waiting.hold_unless_held(session, Pending::Drain, self.voice.out);
                }
            }
            Some(pending) => {
                if matches!(pending, Pending::Room(_)) {
                    self.voice.answer.open_outer(self.voice.out, server, || ids.batch());
                }
                let mut answer = self.voice.answer;
                self.state.note_answered(session, answer.take_said());
                let waiting = self.waiting.sessions.entry(session).or_default();
                waiting.hold(Held { pending, later: self.later, answer });
                self.voice.out.push(Effect::Hold { session });
            }
        }
    }
}

/// Says a line to the session being served, if it is still there.
fn say(voice: &mut Voice<'_>, state: &State, session: SessionId, source: &str, body: Body<'_>) {
    if let Some(session) = state.sessions.get(session) {
        voice.reply(session, &Outgoing { source, origin: Origin::default(), body });
    }
}

/// The nick to address a session by; `*` before it has one.
pub fn nick_of(state: &State, session: SessionId) -> &str {
    let Some(session) = state.sessions.get(session) else { return "*" };
    match session.user() {
        Some(user) => state.users[user].nick.as_str(),
        None => session.registering().and_then(|r| r.nick.as_ref()).map_or("*", |nick| nick.as_str()),
    }
}

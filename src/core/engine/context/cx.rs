//! The context of a handler: the turn, and the session that it serves.
//!
//! A handler can change the state only by committing a fact, which announces and then applies it. It has no
//! access to sockets.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};

use crate::config::LogType;
use crate::engine::border::{Effect, Job, Level};
use crate::i18n::Phrase;
use crate::state::{Account, ChannelId, Session, SessionId, State, User, UserId};
use crate::wire::{Body, Numeric, Origin, Outgoing, Text};

use super::answer::Answer;
use super::refusal::Refusal;
use super::turn::Turn;
use super::voice::Voice;
use super::waiting::{Held, LongAnswer, Pending, Resume};

/// The context of one command, or of one event that concerns a session.
#[derive(Debug)]
pub struct Cx<'e> {
    /// The context of the event. Its answer goes to this session.
    pub turn: Turn<'e>,
    /// The session being served.
    pub session: SessionId,
    /// What the session waits for after this command.
    pub pending: Option<Pending>,
    /// Long answers that follow after `pending`, in this order.
    pub later: VecDeque<Box<dyn LongAnswer>>,
}

impl<'e> Deref for Cx<'e> {
    type Target = Turn<'e>;

    fn deref(&self) -> &Turn<'e> {
        &self.turn
    }
}

impl<'e> DerefMut for Cx<'e> {
    fn deref_mut(&mut self) -> &mut Turn<'e> {
        &mut self.turn
    }
}

impl<'e> Cx<'e> {
    /// Returns the context for serving the session that the turn answers.
    pub fn new(turn: Turn<'e>, session: SessionId) -> Cx<'e> {
        Cx { turn, session, pending: None, later: VecDeque::new() }
    }

    /// Returns whether the session closes once its answer is complete.
    pub fn is_closed(&self) -> bool {
        self.turn.voice.answer.closes()
    }

    /// Returns the session being served.
    pub fn served(&self) -> &Session {
        &self.turn.ledger.sessions[self.session]
    }

    /// Returns the id of the user being served.
    ///
    /// # Panics
    ///
    /// Panics before registration. Handlers of commands that need registration are not called then.
    pub fn me(&self) -> UserId {
        self.served().user().expect("the dispatcher checks that the session is registered")
    }

    /// Returns the user being served; panics like [`Cx::me`].
    pub fn user(&self) -> &User {
        &self.turn.ledger.users[self.me()]
    }

    /// Returns the account that the session is logged in to, before or after registration.
    pub fn account(&self) -> Option<&Account> {
        let key = match (self.served().registering(), self.served().user()) {
            (Some(registering), _) => registering.account.as_deref()?,
            (None, Some(user)) => self.turn.ledger.users[user].account.as_ref()?.key(),
            (None, None) => return None,
        };
        self.turn.ledger.accounts.get(key).map(|account| &**account)
    }

    /// Returns the time up to which the user being served has read a target (folded), in milliseconds since
    /// 1970.
    pub fn read_marker(&self, target: &str) -> Option<u64> {
        let markers = self.account().map_or(&self.user().read_markers, |account| &account.read_markers);
        markers.get(target).copied()
    }

    /// Returns the nick by which the session is addressed; `*` before it has one.
    pub fn nick(&self) -> &str {
        nick_of(self.turn.ledger, self.session)
    }

    /// Finds a channel that the user being served may see. For others a secret channel looks like one that
    /// does not exist (403).
    pub fn find_channel(&self, name: &str) -> Result<ChannelId, Refusal> {
        let is_known = |&id: &ChannelId| self.turn.ledger.channels[id].is_known_to(self.me(), self.user());
        let found = self.find_any_channel(name).ok().filter(is_known);
        found.ok_or_else(|| Refusal::NoSuchChannel(name.to_owned()))
    }

    /// Answers with a numeric.
    pub fn reply(&mut self, code: Numeric, params: &[&str], text: Text<'_>) {
        let Turn { setup, ledger, voice, .. } = &mut self.turn;
        let body = Body::Numeric { code, nick: nick_of(ledger, self.session), params, text };
        answer(voice, ledger, self.session, setup.server_name(), body);
    }

    /// Answers with a numeric that is addressed to a nick other than that of the session being served.
    pub fn reply_addressed(&mut self, nick: &str, code: Numeric, params: &[&str], text: Text<'_>) {
        let Turn { setup, ledger, voice, .. } = &mut self.turn;
        let body = Body::Numeric { code, nick, params, text };
        answer(voice, ledger, self.session, setup.server_name(), body);
    }

    /// Answers with a command that comes from the server.
    pub fn reply_command(&mut self, verb: &str, params: &[&str], text: Text<'_>) {
        let body = Body::Command { verb, params, text };
        let Turn { setup, ledger, voice, .. } = &mut self.turn;
        answer(voice, ledger, self.session, setup.server_name(), body);
    }

    /// Answers with a command without a source: ERROR, PING.
    pub fn reply_bare(&mut self, verb: &str, params: &[&str], text: Text<'_>) {
        let body = Body::Command { verb, params, text };
        answer(&mut self.turn.voice, self.turn.ledger, self.session, "", body);
    }

    /// Answers with a command from a source that is not a user, such as a service.
    pub fn reply_from(&mut self, source: &str, verb: &str, params: &[&str], text: Text<'_>) {
        let body = Body::Command { verb, params, text };
        answer(&mut self.turn.voice, self.turn.ledger, self.session, source, body);
    }

    /// Answers with a standard reply of the FAIL kind.
    pub fn fail(&mut self, command: &str, code: &str, context: &[&str], text: Phrase) {
        let mut params = vec![command, code];
        params.extend_from_slice(context);
        self.reply_command("FAIL", &params, Text::Said(text, &[]));
    }

    /// Returns a phrase in the language of the session being served, for use inside a line.
    pub fn said(&self, text: Phrase, args: &[&str]) -> String {
        self.setup.languages.said(&self.served().languages, text, args)
    }

    /// Answers with a NOTICE from the server, where there is no numeric.
    pub fn notify(&mut self, text: Phrase, args: &[&str]) {
        let nick = self.nick().to_owned();
        self.reply_command("NOTICE", &[&nick], Text::Said(text, args));
    }

    /// Opens a batch around the next lines of the answer, if the client knows batches.
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
        let line = Outgoing { source: self.turn.setup.server_name(), origin, body };
        self.turn.voice.reply(&self.turn.ledger.sessions[self.session], &line);
        self.voice.answer.enter_batch(&reference);
    }

    /// Closes the batch that was opened last, if the client knows batches.
    pub fn close_batch(&mut self) {
        let Some(reference) = self.voice.answer.leave_batch() else { return };
        self.reply_command("BATCH", &[&format!("-{reference}")], Text::None);
    }

    /// Requests a job; the session's later lines wait until `then` has handled the result.
    pub fn ask(&mut self, job: impl Into<Job>, then: impl Resume + 'static) {
        let ticket = self.ids.ticket();
        let session = self.session;
        self.waiting.tickets.insert(ticket, session);
        self.voice.out.push(Effect::Ask { ticket, job: job.into() });
        self.pending = Some(Pending::Job(ticket, Box::new(then)));
    }

    /// Requests a job that may take long; the session continues in the meantime.
    pub fn ask_aside(&mut self, job: impl Into<Job>, then: impl Resume + 'static) {
        let ticket = self.ids.ticket();
        let session = self.session;
        self.waiting.aside.insert(ticket, (session, Box::new(then)));
        self.voice.out.push(Effect::Ask { ticket, job: job.into() });
    }

    /// Requests that the configuration be read again; the session waits as for a job.
    pub fn ask_reload(&mut self, then: impl Resume + 'static) {
        let ticket = self.ids.ticket();
        let session = self.session;
        self.waiting.tickets.insert(ticket, session);
        self.voice.out.push(Effect::Reload { ticket });
        self.pending = Some(Pending::Job(ticket, Box::new(then)));
    }

    /// Sends a long answer piece by piece as the client reads it, after everything that the session already
    /// waits for.
    pub fn answer_long(&mut self, answer: impl LongAnswer + 'static) {
        self.later.push_back(Box::new(answer));
    }

    /// Sends a long answer piece by piece, before the other long answers that wait.
    pub fn answer_long_next(&mut self, answer: impl LongAnswer + 'static) {
        self.pending = Some(Pending::Room(Box::new(answer)));
    }

    /// Returns the number of bytes of the answer in this event so far.
    pub fn answered_bytes(&self) -> usize {
        self.voice.answer.said_bytes() + self.voice.answer.kept_bytes()
    }

    /// Returns whether the session is in the middle of a long answer, so that another one must wait.
    pub fn is_answering_long(&self) -> bool {
        match self.pending {
            None => !self.later.is_empty(),
            Some(Pending::Room(_)) => true,
            Some(Pending::Drain) => !self.later.is_empty(),
            Some(Pending::Job(..) | Pending::Pace(_)) => false,
        }
    }

    /// Takes the long answer to continue with, unless the session waits for something else.
    pub fn take_long_answer(&mut self) -> Option<Box<dyn LongAnswer>> {
        match self.pending.take() {
            Some(Pending::Room(answer)) => Some(answer),
            None => self.later.pop_front(),
            other => {
                self.pending = other;
                None
            }
        }
    }

    /// Takes what the session waits for next.
    fn take_pending(&mut self) -> Option<Pending> {
        self.pending.take().or_else(|| self.later.pop_front().map(Pending::Room))
    }

    /// Answers with a NOTICE from the server that is not a phrase.
    pub fn server_notice(&mut self, text: &str) {
        let nick = self.nick().to_owned();
        self.reply_command("NOTICE", &[&nick], Text::Plain(text));
    }

    /// Writes to the log.
    pub fn note(&mut self, level: Level, kind: LogType, text: String) {
        self.turn.note(level, kind, text);
    }

    /// Returns the name under which the operator being served is configured in `opers`.
    pub fn oper_name(&self) -> String {
        self.user().oper.as_ref().map_or_else(String::new, |oper| oper.name.to_string())
    }

    /// Takes the label of the command being answered; the answer follows later, with [`Cx::answer_under`].
    pub fn defer_answer(&mut self) -> Option<String> {
        self.voice.answer.defer_label()
    }

    /// Completes the answer so far, and continues under a deferred label, if there was one.
    pub fn answer_under(&mut self, label: Option<String>) {
        if label.is_none() {
            return;
        }
        let closes = self.is_closed();
        let answer = std::mem::replace(&mut self.turn.voice.answer, Answer::under(self.session, label));
        if closes {
            self.turn.voice.answer.close();
        }
        let (ids, server) = (&mut *self.turn.ids, self.turn.setup.server_name());
        let sent_bytes = answer.finish(self.turn.voice.out, server, || ids.batch());
        self.turn.ledger.note_answered(self.session, sent_bytes);
    }

    /// Ends the command: the session waits, or the answer is complete. A client that does not read its
    /// answers is served no further commands, so its unread answers are bounded, whichever commands they
    /// belong to.
    pub fn finish(mut self) {
        let (session, closed) = (self.session, self.is_closed());
        let pending = self.take_pending().filter(|_| !closed);
        let Turn { setup, ledger, voice, ids, waiting, .. } = self.turn;
        let (server, out, mut answer) = (setup.server_name(), voice.out, voice.answer);
        match pending {
            None => {
                let sent_bytes = answer.finish(out, server, || ids.batch());
                if closed {
                    out.push(Effect::Close { session });
                } else if sent_bytes > 0
                    && ledger.note_answered(session, sent_bytes) > setup.unread_bytes_max()
                {
                    waiting.hold(session, Pending::Drain, out);
                }
            }
            Some(pending) => {
                if matches!(pending, Pending::Room(_)) {
                    answer.open_outer(out, server, || ids.batch());
                }
                ledger.note_answered(session, answer.take_said());
                let held = Held { pending, later: self.later, answer };
                waiting.sessions.entry(session).or_default().hold(held);
                out.push(Effect::Hold { session });
            }
        }
    }

    /// Serves another session for a moment, such as another one of the same user.
    pub fn serve(&mut self, session: SessionId, serve: impl FnOnce(&mut Cx<'_>)) {
        if session == self.session { serve(self) } else { self.turn.serve(session, serve) }
    }

    /// Ends [`Turn::serve`]: the session waits, or continues to wait with the answer with which it was
    /// `held`.
    pub(super) fn leave(mut self, held: Option<Answer>) {
        let (session, pending) = (self.session, self.take_pending());
        let mut answer = self.turn.voice.answer;
        let Turn { ledger, voice: Voice { out, .. }, waiting, .. } = self.turn;
        ledger.note_answered(session, answer.take_said());
        if answer.closes() {
            out.push(Effect::Close { session });
        } else if let Some(pending) = pending {
            if held.is_none() {
                out.push(Effect::Hold { session });
            }
            let held = Held { pending, later: self.later, answer: held.unwrap_or(answer) };
            waiting.sessions.entry(session).or_default().hold(held);
        }
    }
}

/// Answers with a line, if the session being served still exists.
fn answer(voice: &mut Voice<'_>, state: &State, session: SessionId, source: &str, body: Body<'_>) {
    if let Some(session) = state.sessions.get(session) {
        voice.reply(session, &Outgoing { source, origin: Origin::default(), body });
    }
}

/// Returns the nick by which a session is addressed; `*` before it has one.
pub fn nick_of(state: &State, session: SessionId) -> &str {
    let Some(session) = state.sessions.get(session) else { return "*" };
    match session.user() {
        Some(user) => state.users[user].nick.as_str(),
        None => session.registering().and_then(|r| r.nick.as_ref()).map_or("*", |nick| nick.as_str()),
    }
}

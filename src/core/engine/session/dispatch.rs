//! From a line to its handler, and resuming a handler that had to wait. Everything that all commands have in
//! common is checked here, once.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use crate::config::Server;
use crate::engine::Engine;
use crate::engine::api;
use crate::engine::border::{Effect, Effects, JobAnswer, Line, Now, Ticket};
use crate::engine::command::{self, Command};
use crate::engine::context::answer::Answer;
use crate::engine::context::cx::Cx;
use crate::engine::context::guard::{GuardedWork, guarded};
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::waiting::{Held, LongAnswer, Pending, Resume, Waited};
use crate::engine::door::{flood, gateway};
use crate::i18n::Phrase;
use crate::state::fact::Introduction;
use crate::state::{Fact, SessionId};
use crate::text::truncate;
use crate::wire::message::tag;
use crate::wire::numeric::{ERR_INPUTTOOLONG, ERR_UNKNOWNCOMMAND};
use crate::wire::{Cap, Message, ParseError, Text};

use super::registration;

/// Limit on bytes of tags from a client, including `@` and the space (message-tags, "Size limit").
const CLIENT_TAG_SECTION_BYTES_MAX: usize = 4096;
/// Limit on channels, users or members that are examined for a piece of a long answer, even if few of them
/// are shown. It takes about a millisecond.
const PIECE_ITEMS_MAX: usize = 1000;

impl Engine {
    pub(in crate::engine) fn received(
        &mut self,
        now: Now,
        session: SessionId,
        line: Line<'_>,
        out: &mut Effects,
    ) {
        if self.state.sessions.get(session).is_none() {
            // The session was closed while the line was on its way.
            return;
        }
        if let Some(waiting) = self.waiting.sessions.get_mut(&session) {
            let has_room = match line {
                Line::Text(text) => waiting.push(Waited::Text(text.to_owned())),
                Line::Bytes(bytes) => waiting.push(Waited::Bytes(bytes.to_owned())),
                Line::Overlong => false,
            };
            if !has_room {
                let mut cx = self.cx(now, session, Answer::new(session, None), out);
                cx.close_saying(Phrase::INPUT_TOO_LONG, &[]);
                cx.finish();
            }
            return;
        }
        if let Some(until_ms) = self.wait_until_ms(now, session, &line) {
            self.hold_line(session, line, until_ms, out);
            return;
        }
        self.serve_line(now, session, line, out);
    }

    /// Charges a line to its session. Returns the time until which the line must wait, if the session sends
    /// too fast.
    fn wait_until_ms(&mut self, now: Now, session: SessionId, line: &Line<'_>) -> Option<u64> {
        let rules = &self.setup.config.fakelag;
        if !rules.enabled {
            return None;
        }
        let user = &self.state.users[self.state.sessions.get(session)?.user()?];
        if user.may("nofakelag") {
            return None;
        }
        let command = match line {
            Line::Text(text) if command::batch::is_part(&self.state.sessions[session], text) => {
                flood::defer(self.state.pace(session), text.len());
                return None;
            }
            Line::Text(text) => flood::command_of(text),
            Line::Bytes(_) | Line::Overlong => "",
        };
        let wait_ms = flood::charge(rules, self.state.pace(session), command, now.mono_ms);
        (wait_ms > 0).then(|| now.mono_ms + wait_ms)
    }

    /// Holds a line and all lines after it.
    fn hold_line(&mut self, session: SessionId, line: Line<'_>, until_ms: u64, out: &mut Effects) {
        let line = match line {
            Line::Text(text) => Waited::Text(text.to_owned()),
            Line::Bytes(bytes) => Waited::Bytes(bytes.to_owned()),
            Line::Overlong => Waited::Overlong,
        };
        let waiting = self.waiting.sessions.entry(session).or_default();
        waiting.put_back(line);
        waiting.hold(Held {
            pending: Pending::Pace(until_ms),
            later: VecDeque::new(),
            answer: Answer::new(session, None),
        });
        self.waiting.paced.arm(until_ms, session);
        out.push(Effect::Hold { session });
    }

    /// Serves the line that was held, if it is due.
    pub(in crate::engine) fn continue_paced(&mut self, now: Now, session: SessionId, out: &mut Effects) {
        let Some(waiting) = self.waiting.sessions.get_mut(&session) else { return };
        if !matches!(waiting.pending(), Some(&Pending::Pace(until_ms)) if until_ms <= now.mono_ms) {
            return;
        }
        waiting.resume();
        let line = waiting.pop();
        if self.state.sessions.get(session).is_none() {
            // Another session has ended it in the meantime.
            self.waiting.sessions.remove(&session);
            return;
        }
        if let Some(line) = line {
            self.serve_line(now, session, line.as_line(), out);
        }
        self.serve_backlog(now, session, out);
    }

    fn serve_line(&mut self, now: Now, session: SessionId, line: Line<'_>, out: &mut Effects) {
        match line {
            Line::Text(text) => self.serve_text(now, session, text, out),
            Line::Bytes(bytes) if self.setup.config.server.enforce_utf8 => {
                // Tags and command may still be readable.
                let readable = String::from_utf8_lossy(bytes);
                let parsed = Message::parse(&readable).ok();
                let command = parsed.map(|message| message.command).filter(|name| name.is_ascii());
                let command = command.map_or("*".to_owned(), str::to_ascii_uppercase);
                let label = self.label_of(session, &readable);
                let mut cx = self.cx(now, session, Answer::new(session, label.as_deref()), out);
                cx.fail(&command, "INVALID_UTF8", &[], Phrase::INVALID_UTF8);
                command::batch::fail_open(&mut cx);
                cx.finish();
            }
            // Other encodings are read as Latin-1, in which every byte is a character, so recipients always
            // get UTF-8.
            Line::Bytes(bytes) => {
                let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
                self.serve_text(now, session, &text, out);
            }
            Line::Overlong => {
                let mut cx = self.cx(now, session, Answer::new(session, None), out);
                cx.close_saying(Phrase::INPUT_TOO_LONG, &[]);
                cx.finish();
            }
        }
    }

    fn serve_text(&mut self, now: Now, session: SessionId, text: &str, out: &mut Effects) {
        let label = self.label_of(session, text);
        let text = within_line(text, &self.setup.config.server);
        let parsed = Message::parse(text);
        let mut cx = self.cx(now, session, Answer::new(session, label.as_deref()), out);
        let (moment, session) = (cx.moment(), cx.session);
        cx.turn.ledger.touch(moment, session);
        if gateway::is_proxy_line(&cx, text) {
            gateway::proxy_line(&mut cx, text);
            return cx.finish();
        }
        match parsed {
            // An empty line counts like any other.
            Err(ParseError::NoCommand) => {
                count_line(&mut cx);
            }
            Err(ParseError::ForbiddenByte) => cx.close_saying(Phrase::MALFORMED_INPUT, &[]),
            Ok(_) if is_too_long(text, cx.config().server.max_line_len) => {
                cx.reply(ERR_INPUTTOOLONG, &[], Text::Said(Phrase::INPUT_TOO_LONG, &[]));
                command::batch::fail_open(&mut cx);
            }
            Ok(message) => dispatch(&mut cx, &message),
        }
        run_long_answers(&mut cx);
        cx.finish();
    }

    /// Returns the label of a line, if the client negotiated labels.
    fn label_of(&self, session: SessionId, line: &str) -> Option<String> {
        if !line.starts_with('@') || !self.state.sessions[session].caps.has(Cap::LabeledResponse) {
            return None;
        }
        tag(line, "label").filter(|label| !label.is_empty())
    }

    /// Handles the answer of a job.
    pub(in crate::engine) fn answered(
        &mut self,
        now: Now,
        ticket: Ticket,
        answer: &JobAnswer,
        out: &mut Effects,
    ) {
        let waits = |pending: Option<&Pending>| matches!(pending, Some(Pending::Job(t, _)) if *t == ticket);
        if let Some((session, then)) = self.waiting.aside.remove(&ticket) {
            if self.state.sessions.get(session).is_some() {
                let mut cx = self.cx(now, session, Answer::new(session, None), out);
                continue_after_job(&mut cx, then, answer);
                cx.finish();
            }
            return;
        }
        if api::answered_job(&mut self.turn(now, Answer::none(), out), ticket, answer) {
            return;
        }
        // If the session has ended, there is no client to answer.
        let Some(session) = self.waiting.tickets.remove(&ticket) else { return };
        if self.waiting.sessions.get(&session).is_some_and(|waiting| waits(waiting.pending())) {
            self.resume(now, session, Some(answer), out);
        }
    }

    /// Handles drained output of a session: its commands and long answers continue.
    pub(in crate::engine) fn drained(&mut self, now: Now, session: SessionId, out: &mut Effects) {
        self.state.note_drained(session);
        self.resume(now, session, None, out);
    }

    /// Continues what a session waits for: a job that is done, or a long answer for which there is room
    /// again. Then serves its later lines, until one must wait.
    pub(in crate::engine) fn resume(
        &mut self,
        now: Now,
        session: SessionId,
        answer: Option<&JobAnswer>,
        out: &mut Effects,
    ) {
        let Some(waiting) = self.waiting.sessions.get_mut(&session) else { return };
        if answer.is_none() && matches!(waiting.pending(), Some(Pending::Job(..) | Pending::Pace(_))) {
            return;
        }
        let Some(held) = waiting.resume() else { return };
        let mut cx = self.cx(now, session, held.answer, out);
        cx.later = held.later;
        match (held.pending, answer) {
            (Pending::Job(_, then), Some(answer)) => continue_after_job(&mut cx, then, answer),
            (Pending::Job(..), None) | (Pending::Pace(_) | Pending::Drain, _) => {}
            (Pending::Room(long), _) => cx.pending = Some(Pending::Room(long)),
        }
        run_long_answers(&mut cx);
        cx.finish();
        self.serve_backlog(now, session, out);
    }

    fn serve_backlog(&mut self, now: Now, session: SessionId, out: &mut Effects) {
        loop {
            let Some(waiting) = self.waiting.sessions.get_mut(&session) else { return };
            if waiting.pending().is_some() {
                return;
            }
            let Some(line) = waiting.pop() else { break };
            match self.wait_until_ms(now, session, &line.as_line()) {
                Some(until_ms) => self.hold_line(session, line.as_line(), until_ms, out),
                None => self.serve_line(now, session, line.as_line(), out),
            }
        }
        self.waiting.sessions.remove(&session);
        out.push(Effect::Release { session });
    }
}

/// Returns a line truncated to the limit, if the configuration prefers that to rejecting it (417). Tags are
/// not truncated.
fn within_line<'t>(text: &'t str, server: &Server) -> &'t str {
    if !server.compatibility.allow_truncation {
        return text;
    }
    let tags = Message::tag_section_len(text);
    truncate(text, tags + server.max_line_len.saturating_sub("\r\n".len()))
}

fn is_too_long(text: &str, line_len_max: usize) -> bool {
    let tags = Message::tag_section_len(text);
    // The limit includes the line ending, which the framing removed.
    tags > CLIENT_TAG_SECTION_BYTES_MAX || text.len() - tags + 2 > line_len_max
}

/// Runs the command of a message.
fn dispatch(cx: &mut Cx<'_>, message: &Message<'_>) {
    if cx.served().registering().is_some() && !may_continue_registration(cx, message) {
        return;
    }
    let name = message.command.to_ascii_uppercase();
    let Some(command) = command::find(cx.config(), &name) else {
        cx.reply(ERR_UNKNOWNCOMMAND, &[&name], Text::Said(Phrase::UNKNOWN_COMMAND, &[]));
        return;
    };
    guarded(cx, GuardedWork::Command(command.name), |cx| run(cx, command, message));
    if !cx.is_closed() && cx.pending.is_none() && command.before_registration {
        registration::advance(cx);
    }
}

fn run(cx: &mut Cx<'_>, command: &Command, message: &Message<'_>) -> Outcome {
    allowed(cx, command, message)?;
    command::batch::allows(cx, command)?;
    (command.run)(cx, message)
}

fn allowed(cx: &Cx<'_>, command: &Command, message: &Message<'_>) -> Outcome {
    let registered = cx.served().user().is_some();
    if !command.before_registration && !registered {
        return Err(Refusal::NotRegistered);
    }
    if message.params().len() < command.params_min {
        return Err(Refusal::NeedMoreParams(command.name.to_owned()));
    }
    match command.right {
        Some(_) if !cx.user().modes.has('o') => Err(Refusal::NotOperator),
        Some(right) if !cx.user().may(right) => Err(Refusal::NoPrivileges),
        _ => Ok(()),
    }
}

/// Checks a line before registration: limits the number of lines, and rejects web browsers.
fn may_continue_registration(cx: &mut Cx<'_>, message: &Message<'_>) -> bool {
    let lines = cx.served().registering().map_or(0, |registering| registering.lines);
    if lines == 0 && is_http(message) {
        cx.close_saying(Phrase::NOT_HTTP, &[]);
        return false;
    }
    count_line(cx)
}

/// Counts a line against `registration-messages`; closes the session and returns `false` if that is exceeded.
fn count_line(cx: &mut Cx<'_>) -> bool {
    let Some(registering) = cx.served().registering() else { return true };
    if registering.lines as usize >= cx.config().limits.registration_messages {
        cx.close_saying(Phrase::TOO_MANY_LINES_BEFORE_REGISTRATION, &[]);
        return false;
    }
    cx.commit(Fact::Introduced { session: cx.session, said: Introduction::Line });
    true
}

fn is_http(message: &Message<'_>) -> bool {
    let method =
        matches!(message.command, "GET" | "POST" | "PUT" | "HEAD" | "OPTIONS" | "CONNECT" | "DELETE");
    method && message.params().last().is_some_and(|last| last.starts_with("HTTP/"))
}

/// Runs the continuation of a job.
fn continue_after_job(cx: &mut Cx<'_>, then: Box<dyn Resume>, answer: &JobAnswer) {
    guarded(cx, GuardedWork::Job, |cx| then.resume(cx, answer));
    if !cx.is_closed() && cx.pending.is_none() {
        registration::advance(cx);
    }
}

fn step(cx: &mut Cx<'_>, answer: &mut dyn LongAnswer) -> ControlFlow<(), usize> {
    let mut flow = ControlFlow::Break(());
    guarded(cx, GuardedWork::LongAnswer, |cx| {
        flow = answer.step(cx);
        Ok(())
    });
    flow
}

/// Sends the next piece of the long answers; the rest stays pending.
fn run_long_answers(cx: &mut Cx<'_>) {
    let budget = cx.setup.piece_bytes_max();
    let mut examined = 0;
    while let Some(mut answer) = cx.take_long_answer() {
        while let ControlFlow::Continue(items) = step(cx, &mut *answer) {
            examined += items;
            if cx.answered_bytes() >= budget || examined >= PIECE_ITEMS_MAX {
                cx.pending = Some(Pending::Room(answer));
                return;
            }
        }
    }
}

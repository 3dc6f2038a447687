//! A core for socket tests: it answers, broadcasts, holds and closes on command.

use std::collections::{BTreeMap, VecDeque};

use indexmap::IndexMap;
use ircd::config::Config;
use ircd::engine::{
    CallAnswer, Door, Effect, Effects, Event, HashJob, Job, JobAnswer, Line, Now, Ticket, Write,
};
use ircd::history::{End, Fields, Found, HistoryKey, Item, Kind, Query, Range, Record};
use ircd::server::Core;
use ircd::state::SessionId;
use ircd::wire::MsgId;
use smallvec::smallvec;

#[derive(Debug, Default)]
pub(crate) struct FakeCore {
    doors: IndexMap<SessionId, Door>,
    asked: Vec<SessionId>,
    alarm: Option<(u64, SessionId)>,
    pub(crate) config: Config,
    records: BTreeMap<String, Vec<u8>>,
    said: u32,
    /// Bytes of answers since the session's output last drained.
    unread: IndexMap<SessionId, usize>,
    held: IndexMap<SessionId, Held>,
}

/// A session whose lines wait until it has read its answers.
#[derive(Debug, Default)]
struct Held {
    lines: VecDeque<String>,
    /// Whether the client is notified when its output has drained.
    asked: bool,
}

/// The default of the engine.
const UNREAD_BYTES_MAX: usize = 48 << 10;

fn target() -> HistoryKey {
    HistoryKey::Channel("#core".into())
}

fn said(now: Now, number: u32, text: &str) -> Record {
    let id = MsgId::new(now.wall_ms, number, 0);
    let (source, text) = ("a!b@c", Some(text));
    let kind = Kind::Privmsg;
    let fields = Fields { id, kind, source, account: None, bot: false, client_tags: "", params: "", text };
    Record::Keep { item: Item::new(&fields), targets: smallvec![target()], author: None }
}

fn everything_said() -> Query {
    let all = Range { after: None, before: None, from: End::Oldest, limit: 1000, events: true };
    Query::Page { target: target(), ranges: vec![all] }
}

impl FakeCore {
    /// Returns a core with these stored records.
    pub(crate) fn with(records: BTreeMap<String, Vec<u8>>) -> FakeCore {
        FakeCore { records, ..FakeCore::default() }
    }

    fn answer(&mut self, to: SessionId, text: &str, out: &mut Effects) {
        *self.unread.entry(to).or_default() += text.len();
        let line = out.add_line(|buffer| buffer.extend_from_slice(text.as_bytes()));
        out.answer(to, line);
    }

    fn tell_all(&self, text: &str, out: &mut Effects) {
        let everyone: Vec<SessionId> = self.doors.keys().copied().collect();
        let line = out.add_line(|buffer| buffer.extend_from_slice(text.as_bytes()));
        out.deliver(line, &everyone);
    }

    fn close(&mut self, session: SessionId, reason: &str, out: &mut Effects) {
        self.answer(session, &format!("ERROR :{reason}"), out);
        self.doors.shift_remove(&session);
        out.push(Effect::Close { session });
    }

    fn obey(&mut self, now: Now, session: SessionId, text: &str, out: &mut Effects) {
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        match verb {
            "ECHO" => self.answer(session, rest, out),
            "ALL" => self.tell_all(rest, out),
            "FLOOD" => {
                let bytes: usize = rest.parse().unwrap();
                let line = "f".repeat(998);
                (0..bytes / 1000).for_each(|_| self.answer(session, &line, out));
            }
            "FLOODALL" => {
                let bytes: usize = rest.parse().unwrap();
                let line = "F".repeat(998);
                (0..bytes / 1000).for_each(|_| self.tell_all(&line, out));
            }
            "KEEP" | "KEEPBIG" | "RECORD" => self.remember(session, verb, rest, out),
            // Broadcasts and records a message; then requests the recorded ones.
            "SAY" => {
                out.push(Effect::Record(said(now, self.said, rest)));
                self.said += 1;
                self.tell_all(rest, out);
            }
            "SAID" => {
                let job = Job::History(Box::new(everything_said()));
                out.push(Effect::Ask { ticket: Ticket(self.asked.len() as u64), job });
                self.asked.push(session);
            }
            "RELOAD" => {
                out.push(Effect::Reload { ticket: Ticket(self.asked.len() as u64) });
                self.asked.push(session);
            }
            "HOLD" => {
                self.held.insert(session, Held { asked: true, ..Held::default() });
                out.push(Effect::Hold { session });
            }
            "QUIT" => self.close(session, rest, out),
            "DOOR" => {
                let door = format!("{:?}", self.doors[&session]);
                self.answer(session, &door, out);
            }
            "ALARM" => self.alarm = Some((now.mono_ms + rest.parse::<u64>().unwrap(), session)),
            "CLIENTS" => {
                let clients = self.doors.len().to_string();
                self.answer(session, &clients, out);
            }
            "NETWORK" => {
                let network = self.config.network.name.clone();
                self.answer(session, &network, out);
            }
            "PASSWORD" => {
                let (hash, password) = rest.split_once(' ').unwrap();
                let job = HashJob::VerifyPassword { hash: hash.into(), password: password.into() }.into();
                out.push(Effect::Ask { ticket: Ticket(self.asked.len() as u64), job });
                self.asked.push(session);
            }
            _ => self.answer(session, "unknown", out),
        }
        self.hold_if_unread(session, out);
    }

    /// Writes records, or shows one.
    fn remember(&mut self, session: SessionId, verb: &str, rest: &str, out: &mut Effects) {
        match verb {
            "KEEP" => {
                let (keys, value) = rest.split_once(' ').unwrap();
                let write = |key: &str| Write { key: key.into(), value: Some(format!("\"{value}\"").into()) };
                let writes: Vec<Write> = keys.split(',').map(write).collect();
                for Write { key, value } in &writes {
                    self.records.insert(key.clone(), value.clone().unwrap());
                }
                out.push(Effect::Persist { writes, flush: true });
                self.answer(session, &format!("kept {rest}"), out);
            }
            "KEEPBIG" => {
                let (key, bytes) = rest.split_once(' ').unwrap();
                let value = Some(format!("\"{}\"", "x".repeat(bytes.parse().unwrap())).into());
                let writes = vec![Write { key: key.into(), value }];
                out.push(Effect::Persist { writes, flush: true });
                self.answer(session, &format!("kept {rest}"), out);
            }
            _ => {
                let value = self.records.get(rest).map(|value| String::from_utf8_lossy(value).into_owned());
                self.answer(session, &value.unwrap_or("nothing".into()), out);
            }
        }
    }

    fn hold_if_unread(&mut self, session: SessionId, out: &mut Effects) {
        let unread = self.unread.get(&session).copied().unwrap_or_default();
        if unread > UNREAD_BYTES_MAX && !self.held.contains_key(&session) {
            self.held.insert(session, Held::default());
            out.push(Effect::Hold { session });
        }
    }

    fn drained(&mut self, now: Now, session: SessionId, out: &mut Effects) {
        self.unread.insert(session, 0);
        let mut held = self.held.shift_remove(&session).unwrap_or_default();
        if held.asked {
            self.answer(session, "drained", out);
        }
        while let Some(line) = held.lines.pop_front() {
            self.obey(now, session, &line, out);
            if let Some(again) = self.held.get_mut(&session) {
                again.lines = held.lines;
                return;
            }
        }
        out.push(Effect::Release { session });
    }
}

impl Core for FakeCore {
    fn handle(&mut self, now: Now, event: Event<'_>, out: &mut Effects) {
        match event {
            Event::Accepted { session, door } => {
                // Overwritten after the handshake.
                self.doors.insert(session, *door);
                out.push(Effect::Admit { session });
            }
            Event::HandshakeDone { session, .. } if !self.doors.contains_key(&session) => {}
            Event::Opened { session, door } | Event::HandshakeDone { session, door } => {
                self.doors.insert(session, *door);
                self.answer(session, "welcome", out);
            }
            // Lines in transit when the session was closed.
            Event::Received { session, .. } if !self.doors.contains_key(&session) => {}
            Event::Received { session, line: Line::Text(text) } if self.held.contains_key(&session) => {
                self.held[&session].lines.push_back(text.to_owned());
            }
            Event::Received { session, line } => match line {
                Line::Text(text) => self.obey(now, session, text, out),
                Line::Bytes(bytes) => self.answer(session, &format!("bytes {bytes:?}"), out),
                Line::Overlong => self.answer(session, "overlong", out),
            },
            Event::Closed { session, reason } => {
                assert!(self.doors.shift_remove(&session).is_some(), "closed twice, or after our close");
                self.tell_all(&format!("closed {reason:?}"), out);
            }
            Event::Drained { session } => self.drained(now, session, out),
            Event::Answered { ticket: Ticket(number), answer } => {
                let text = match answer {
                    JobAnswer::Password(matched) => format!("password {matched}"),
                    JobAnswer::HistoryFound(Found::Items(items)) => {
                        let texts: Vec<&str> = items.iter().filter_map(|item| item.fields().text).collect();
                        format!("said {}", texts.join(","))
                    }
                    JobAnswer::Reloaded(result) => format!("reloaded {result:?}"),
                    JobAnswer::Failed => "job failed".to_owned(),
                    other => format!("{other:?}"),
                };
                self.answer(self.asked[number as usize], &text, out);
            }
            Event::Elapsed => {
                if let Some((_, session)) = self.alarm.take() {
                    self.answer(session, "alarm", out);
                }
            }
            Event::Reconfigured { config, .. } => {
                self.config = *config;
                self.tell_all("reconfigured", out);
            }
            Event::StoreChanged { writable } => self.tell_all(&format!("store writable {writable}"), out),
            // The answer to any call; `/readyz` makes one.
            Event::Called { id, .. } => {
                out.push(Effect::Return { id, result: Box::new(Ok(CallAnswer::Done)) });
            }
            Event::Stopping { reason } => {
                for session in self.doors.keys().copied().collect::<Vec<_>>() {
                    self.close(session, reason, out);
                }
            }
        }
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        self.alarm.map(|(at, _)| at)
    }
}

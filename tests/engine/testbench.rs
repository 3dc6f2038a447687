//! A test bench: an engine with named clients. It converts effects to readable lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::IpAddr;

use ircd::config::{Config, Document, load};
use ircd::engine::stored::{digest, put_event, take_event};
use ircd::engine::{
    Call, CallId, CloseReason, Door, Effect, Effects, Engine, Event, Job, JobAnswer, Line, LoginOutcome, Now,
    Seed, Texts, Ticket, Write,
};
use ircd::state::SessionId;

use crate::fake_archive::FakeArchive;
use crate::full_log::Log;
use crate::jobs;

/// 2020-11-13T01:55:02.201Z.
const START_WALL_MS: u64 = 1_605_232_502_201;

/// The configuration of every test, unless it overrides keys.
pub const CONFIG: &str = "
network: {name: TestNet}
server:
  name: irc.test
  listeners: {'127.0.0.1:6667': }
  casemapping: ascii
  enforce-utf8: true
  idle-timeouts: {registration: 60s, ping: 90s, disconnect: 150s}
  max-sendq: 64k
  lookup-hostnames: false
  coerce-ident: ~u
  ip-limits: {count: false, throttle: false}
channels: {default-modes: +nt, max-channels-per-client: 20}
limits:
  nicklen: 32
  channellen: 64
  awaylen: 390
  kicklen: 390
  topiclen: 390
  whowas-entries: 100
  chan-list-modes: 4
  monitor-entries: 4
datastore: {path: ircd.db}
languages: {enabled: true, default: en, path: languages}
oper-classes:
  admin:
    title: Server Admin
    capabilities: [kill, ban, rehash, samode, sajoin, chanreg, snomasks, massmessage]
opers:
  admin:
    class: admin
    whois-line: is the server administrator
    password: $2a$04$bKb6k5A6yuFA2wx.iJtxcuT2dojHQAjHd5ZPK/I2sjJml7p4spxjG
    vhost: staff
";

/// Parses a configuration that must be valid.
pub fn config(text: &str) -> Box<Config> {
    match load(text, &[]) {
        Ok(loaded) => Box::new(loaded.config),
        Err(problems) => panic!("{problems:?}"),
    }
}

fn texts(config_text: &str) -> Texts {
    let chinese = include_str!("../../languages/zh-CN.lang.yaml");
    Texts {
        document: Document::new(config_text.to_owned(), Vec::new()),
        address_blacklist: None,
        motd: Some("Welcome to the test.\n".into()),
        catalogs: vec![ircd::i18n::Catalog::parse(chinese).unwrap()],
    }
}

/// An engine and its clients.
pub struct TestBench {
    pub engine: Engine,
    /// The records that a datastore would contain now.
    pub records: BTreeMap<String, Vec<u8>>,
    pub now: Now,
    /// The stored history.
    pub stored: FakeArchive,
    /// The number of events between checks of the state.
    pub check_every: usize,
    events: usize,
    /// The event before which the engine is converted to bytes and restored.
    pub restore_before: Option<usize>,
    /// Digests of the effects, by event.
    pub digests: Vec<u32>,
    names: Vec<String>,
    live: Vec<bool>,
    held: BTreeSet<SessionId>,
    jobs: Vec<(Ticket, Job)>,
    reload: Option<Ticket>,
    /// The number of calls so far.
    calls: u64,
    effects: Effects,
    /// The outcomes of attempts to log in.
    pub logins: Vec<LoginOutcome>,
    /// The log of a server that logs everything, if a test requests it.
    pub log: Option<Log>,
}

impl TestBench {
    pub fn new(config_text: &str) -> TestBench {
        TestBench::restored(config_text, BTreeMap::new())
    }

    /// Returns a bench whose engine starts from the records of another.
    pub fn restored(config_text: &str, records: BTreeMap<String, Vec<u8>>) -> TestBench {
        TestBench::restored_at(config_text, records, Now { mono_ms: 1_000_000, wall_ms: START_WALL_MS }, None)
    }

    fn restored_at(
        config_text: &str,
        records: BTreeMap<String, Vec<u8>>,
        now: Now,
        latest_message_ms: Option<u64>,
    ) -> TestBench {
        let seed = Seed {
            entropy: [1; 32],
            cloak_secret: "secret".into(),
            records: records.clone().into_iter().collect(),
            texts: texts(config_text),
            latest_message_ms,
        };
        TestBench {
            engine: Engine::new(config(config_text), seed, now),
            records,
            now,
            stored: FakeArchive::default(),
            check_every: 1,
            events: 0,
            restore_before: None,
            digests: Vec::new(),
            names: Vec::new(),
            live: Vec::new(),
            held: BTreeSet::new(),
            jobs: Vec::new(),
            reload: None,
            calls: 0,
            effects: Effects::default(),
            logins: Vec::new(),
            log: None,
        }
    }

    /// Restarts the server with the stored records and history.
    pub fn restart(&mut self, config_text: &str) {
        let (records, stored) = (std::mem::take(&mut self.records), std::mem::take(&mut self.stored));
        let (now, log) = (Now { mono_ms: 1_000_000, ..self.now }, self.log.take());
        let next = TestBench::restored_at(config_text, records, now, stored.latest_ms());
        *self = TestBench { stored, log, ..next };
    }

    /// Returns the newest connection with this name.
    pub fn session(&self, name: &str) -> SessionId {
        let slot = self.names.iter().rposition(|known| known == name);
        let slot = slot.unwrap_or_else(|| panic!("no client is called {name}"));
        SessionId { slot: slot as u32, generation: 0 }
    }

    pub fn is_live(&self, name: &str) -> bool {
        self.live[self.session(name).slot as usize]
    }

    /// Returns whether the engine reads no lines of this client at present.
    pub fn is_held(&self, name: &str) -> bool {
        self.held.contains(&self.session(name))
    }

    /// Opens a connection; returns the effects as lines.
    pub fn connect(&mut self, name: &str, ip: IpAddr, secure: bool, certfp: Option<&str>) -> String {
        self.enter(name, Door { secure, certfp: certfp.map(Box::from), ..door(ip) })
    }

    /// Opens a connection with the given door.
    pub fn enter(&mut self, name: &str, door: Door) -> String {
        let session = self.add(name);
        self.handle(Event::Opened { session, door: Box::new(door) })
    }

    /// Accepts a connection whose handshakes are not complete.
    pub fn arrive(&mut self, name: &str, door: Door) -> String {
        let session = self.add(name);
        self.handle(Event::Accepted { session, door: Box::new(door) })
    }

    /// Completes the handshakes of an accepted connection.
    pub fn shake_hands(&mut self, name: &str, door: Door) -> String {
        let session = self.session(name);
        self.handle(Event::HandshakeDone { session, door: Box::new(door) })
    }

    fn add(&mut self, name: &str) -> SessionId {
        let session = SessionId { slot: self.names.len() as u32, generation: 0 };
        self.names.push(name.to_owned());
        self.live.push(true);
        session
    }

    /// Applies a new configuration, and reports success to the client that requested it.
    pub fn rehash(&mut self, config_text: &str) -> String {
        let texts = Box::new(texts(config_text));
        let lines = self.handle(Event::Reconfigured { config: config(config_text), texts });
        lines + &self.reloaded(Ok(()))
    }

    /// Reports the result of a rehash to the client that requested it.
    pub fn reloaded(&mut self, result: Result<(), String>) -> String {
        let Some(ticket) = self.reload.take() else { return String::new() };
        self.handle(Event::Answered { ticket, answer: JobAnswer::Reloaded(result) })
    }

    /// Sends a line from a client, in which `\xHH` is a byte.
    pub fn send(&mut self, name: &str, line: &str) -> String {
        let session = self.session(name);
        let bytes = unescaped(line);
        let line = std::str::from_utf8(&bytes).map_or(Line::Bytes(&bytes), Line::Text);
        if let (Some(log), Line::Text(text)) = (&mut self.log, line) {
            log.write(&self.engine.masked_input(text));
        }
        self.handle(Event::Received { session, line })
    }

    pub fn hang_up(&mut self, name: &str, reason: CloseReason) -> String {
        let session = self.session(name);
        self.live[session.slot as usize] = false;
        self.handle(Event::Closed { session, reason })
    }

    pub fn drained(&mut self, name: &str) -> String {
        let session = self.session(name);
        self.handle(Event::Drained { session })
    }

    /// Answers the oldest job.
    pub fn answer(&mut self, answer: JobAnswer) -> String {
        let (ticket, _) = self.jobs.remove(0);
        self.handle(Event::Answered { ticket, answer })
    }

    /// Performs the oldest job: verifies and hashes passphrases, delivers email.
    pub fn perform(&mut self) -> String {
        let answer = jobs::perform(&self.jobs[0].1, &self.stored);
        self.answer(answer)
    }

    /// Answers the oldest job: 0 is success, 1 a negative answer, 2 a failure.
    pub fn conclude(&mut self, how: usize) -> String {
        let answer = jobs::conclude(&self.jobs[0].1, how, &self.stored);
        self.answer(answer)
    }

    /// Returns the oldest pending job.
    pub fn job(&self) -> &Job {
        &self.jobs[0].1
    }

    pub fn has_jobs(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// Lets time pass, with one event per deadline.
    pub fn pass(&mut self, ms: u64) -> String {
        let end_ms = self.now.mono_ms + ms;
        let mut lines = String::new();
        while let Some(due_ms) = self.engine.next_deadline_ms().filter(|&due_ms| due_ms <= end_ms) {
            let step_ms = due_ms.saturating_sub(self.now.mono_ms);
            self.now.mono_ms += step_ms;
            self.now.wall_ms += step_ms;
            lines += &self.handle(Event::Elapsed);
        }
        self.now.wall_ms += end_ms - self.now.mono_ms;
        self.now.mono_ms = end_ms;
        lines
    }

    /// Reports that the disk is full, or has space again.
    pub fn store_changed(&mut self, writable: bool) -> String {
        self.handle(Event::StoreChanged { writable })
    }

    /// Makes a call as a program named API.
    pub fn call(&mut self, call: Call) -> String {
        self.calls += 1;
        self.handle(Event::Called { id: CallId(self.calls), by: "API".into(), call: Box::new(call) })
    }

    pub fn stop(&mut self, reason: &str) -> String {
        self.handle(Event::Stopping { reason })
    }

    fn handle(&mut self, event: Event<'_>) -> String {
        if self.restore_before == Some(self.events) {
            self.restore_from_bytes();
        }
        // Also tests that the stored form of every event is complete.
        let mut bytes = Vec::new();
        put_event(&mut bytes, &event);
        let mut rest = &bytes[..];
        let event = take_event(&mut rest).expect("an event is read back");
        assert!(rest.is_empty(), "{event:?} has bytes after its end");
        self.effects.clear();
        self.engine.handle(self.now, event, &mut self.effects);
        self.digests.push(digest(&self.effects, 0));
        self.events += 1;
        if self.events.is_multiple_of(self.check_every) {
            let violations = ircd::state::check::violations(self.engine.state());
            assert!(violations.is_empty(), "{violations:?}");
        }
        self.show_effects()
    }

    /// Replaces the engine with one restored from its bytes, which must be equal.
    fn restore_from_bytes(&mut self) {
        let pieces: Vec<Vec<u8>> = self.engine.snapshot().collect();
        self.engine = Engine::restore(pieces.clone()).expect("a snapshot is read back");
        assert!(self.engine.snapshot().eq(pieces), "a restored engine has a different snapshot");
    }

    fn show_effects(&mut self) -> String {
        let mut lines = String::new();
        let effects = std::mem::take(&mut self.effects);
        for effect in effects.list() {
            match effect {
                Effect::Deliver { line, to } => {
                    for session in effects.sessions(*to) {
                        self.show_line(&mut lines, *session, effects.line(*line));
                    }
                }
                Effect::Answer { to, line } => self.show_line(&mut lines, *to, effects.line(*line)),
                Effect::Admit { session } => self.show(&mut lines, *session, "is admitted"),
                Effect::Hold { session } => {
                    self.held.insert(*session);
                    self.show(&mut lines, *session, "is held");
                }
                Effect::Release { session } => {
                    self.held.remove(session);
                    self.show(&mut lines, *session, "is released");
                }
                Effect::Close { session } => {
                    self.live[session.slot as usize] = false;
                    self.show(&mut lines, *session, "is closed");
                }
                Effect::Ask { ticket, job } => {
                    self.log.iter_mut().for_each(|log| log.add_secret(job));
                    writeln!(lines, "asks {}", jobs::question(job)).unwrap();
                    self.jobs.push((*ticket, job.clone()));
                }
                Effect::Reload { ticket } => {
                    writeln!(lines, "asks to reload").unwrap();
                    self.reload = Some(*ticket);
                }
                Effect::Return { id, result } => writeln!(lines, "returns {}: {result:?}", id.0).unwrap(),
                Effect::Persist { writes, .. } => self.store(writes),
                Effect::Record(record) => self.stored.store(record),
                Effect::Note(note) => self.log.iter_mut().for_each(|log| log.write(&note.text)),
                Effect::CountLogin(outcome) => self.logins.push(*outcome),
            }
        }
        self.effects = effects;
        lines
    }

    fn store(&mut self, writes: &[Write]) {
        for Write { key, value } in writes {
            match value {
                Some(value) => self.records.insert(key.clone(), value.clone()),
                None => self.records.remove(key),
            };
        }
    }

    /// Checks that the stored records match the state, and that an engine started from them has the same
    /// records: state → records → state is the identity.
    pub fn assert_restores(&self, config_text: &str) {
        let records: Vec<_> = self.records.clone().into_iter().collect();
        let seed = Seed { records: records.clone(), ..Seed::default() };
        let again = Engine::new(config(config_text), seed, self.now);
        assert!(again.bad_records().is_empty(), "{:?}", again.bad_records());
        let violations = ircd::state::check::violations(again.state());
        assert!(violations.is_empty(), "{violations:?}");
        for (key, stored) in &records {
            let read = |bytes: Option<Vec<u8>>| -> Option<serde_json::Value> {
                bytes.map(|bytes| serde_json::from_slice(&bytes).expect("records are JSON"))
            };
            let stored = read(Some(stored.clone()));
            assert_eq!(
                stored,
                read(self.engine.state().encode(key)),
                "the stored record {key} differs from the state"
            );
            assert_eq!(stored, read(again.state().encode(key)), "the restored record {key} differs");
        }
    }

    fn show(&self, lines: &mut String, session: SessionId, text: &str) {
        writeln!(lines, "{} {text}", self.names[session.slot as usize]).unwrap();
    }

    fn show_line(&mut self, lines: &mut String, session: SessionId, line: &[u8]) {
        assert!(self.live[session.slot as usize], "a line for a closed session");
        let line = std::str::from_utf8(line).expect("output is UTF-8");
        self.log.iter_mut().for_each(|log| log.write(&self.engine.masked_output(line)));
        writeln!(lines, "{} < {}", self.names[session.slot as usize], line.escape_debug_controls()).unwrap();
    }
}

/// Returns the door of a plaintext listener, for a client at this address.
pub fn door(ip: IpAddr) -> Door {
    Door {
        ip,
        proxied: false,
        endpoints: None,
        secure: false,
        certfp: None,
        certificates: Box::default(),
        websocket: false,
        tor: false,
        sts_only: false,
        hide_sts: false,
    }
}

trait EscapeControls {
    fn escape_debug_controls(&self) -> String;
}

impl EscapeControls for str {
    /// Escapes control characters, and a space at the end, as `\xHH`.
    fn escape_debug_controls(&self) -> String {
        let mut shown = String::new();
        for (at, c) in self.char_indices() {
            match c {
                ' ' if at + 1 == self.len() => shown.push_str("\\x20"),
                c if c.is_control() => write!(shown, "\\x{:02x}", c as u32).unwrap(),
                c => shown.push(c),
            }
        }
        shown
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x") {
        bytes.extend_from_slice(before.as_bytes());
        bytes.push(u8::from_str_radix(&after[..2], 16).expect("\\xHH"));
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

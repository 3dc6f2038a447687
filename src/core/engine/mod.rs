//! The deterministic engine: an [`Event`] goes in with [`Now`], [`Effects`] come out.
//!
//! A handler decides, [`State::apply`](crate::state::State::apply) changes the state, `announce` notifies
//! clients. The engine has no clock, entropy, files, sockets or threads: the same seed and events produce the
//! same bytes.
//!
//! A part uses only those above it in this table, which `tests/tidy` enforces. This file uses them all.
//!
//! | part | what it holds |
//! |---|---|
//! | [`border`] | events, effects, and jobs with their answers |
//! | [`setup`] | what follows from the configuration: capabilities, 005, cloaks, MOTD, settings of accounts |
//! | [`context`] | what every handler works with: the served session, answers, refusals, waiting, rendering |
//! | [`policy`] | permissions: reads the state, returns yes or the obstacle |
//! | [`announce`] | which clients are notified of a fact, and in which words |
//! | [`history`] | permissions to read history, and how a page is sent; redaction |
//! | [`commit`] | committing a fact: announces it, then applies it |
//! | [`door`] | from connection to admission: limits, bans, lookups, gateways, hosts, flood control |
//! | [`account`] | every way into an account, and suspension |
//! | [`service`] | NickServ, ChanServ, HostServ, HistServ |
//! | [`command`] | one file for each command |
//! | [`api`] | calls of programs without a session |
//! | [`session`] | from a line to a handler, registration, idle timeouts, the end of a session |
//! | [`stored`] | the engine as bytes: snapshots, events, digests of effects |
//! | [`reload`] | applying a new configuration |
//! | [`log_mask`] | masking secrets in logged lines |

mod account;
mod announce;
mod api;
pub mod border;
pub mod command;
mod commit;
mod context;
mod door;
mod history;
mod log_mask;
mod policy;
mod reload;
mod service;
mod session;
pub mod setup;
pub mod stored;

pub use border::{
    AccountEdits, AccountInfo, Call, CallAnswer, CallId, CallRefused, CallResult, ChannelInfo, CloseReason,
    Door, Effect, Effects, Event, HashJob, IpRefusal, IpVerdict, Job, JobAnswer, Level, Line, LoginOutcome,
    LoginProof, LoginVerdict, Mail, MailRoute, MembershipInfo, NetworkJob, Note, Now, Page, Script,
    ScriptCall, ServerStatus, Texts, Ticket, UserInfo, Write,
};
pub use setup::VERSION;

use context::answer::Answer;
use context::cx::Cx;
use context::guard::{GuardedWork, guarded, guarded_turn};
use context::ids::Ids;
use context::ledger::Ledger;
use context::recorder::Recorder;
use context::timers::Timers;
use context::turn::Turn;
use context::voice::{Scratch, Voice};
use context::waiting::WaitingList;

use crate::config::{Config, LogType};
use crate::i18n::Phrase;
use crate::state::record::BadRecord;
use crate::state::user::DISCONNECTED;
use crate::state::{Account, Fact, Moment, SessionId, State, User};

use setup::ResolvedConfig;

/// Returns the help texts of commands, topics and services, by the name under which catalogs translate them
/// (`help:`).
pub fn help_texts() -> impl Iterator<Item = (String, String)> {
    command::help::texts().chain(service::help_texts())
}

/// Interval at which always-on users are checked for expiry, in milliseconds.
const EXPIRY_CHECK_MS: u64 = 30 * 60 * 1000;

/// Everything that the engine needs from outside at the start; the same seed and events give the same bytes.
#[derive(Clone, Debug, Default)]
pub struct Seed {
    /// Random bytes for ids that must not be guessed.
    pub entropy: [u8; 32],
    /// The secret of the host cloaks, from the datastore.
    pub cloak_secret: String,
    /// The records of earlier runs.
    pub records: Vec<(String, Vec<u8>)>,
    /// The texts read from files.
    pub texts: Texts,
    /// The time of the latest message of earlier runs, milliseconds since 1970.
    pub latest_message_ms: Option<u64>,
}

/// Marks restored users, who have no session yet, as away if their account has auto-away and they left no
/// text of their own.
fn restore_away(setup: &ResolvedConfig, state: &mut State) {
    for user in state.users.iter().map(|(id, _)| id).collect::<Vec<_>>() {
        let auto_away = |account: &Account| setup::settings::is_auto_away(&setup.config, &account.settings);
        if state.users[user].away.is_none() && state.account_of(user).is_some_and(auto_away) {
            state.leave_away(user, DISCONNECTED);
        }
    }
}

/// Resolution of the idle timers, in milliseconds: there is an entry for each session.
const IDLE_STEP_MS: u64 = 1000;

/// All IRC rules and all state.
#[derive(Debug)]
pub struct Engine {
    setup: ResolvedConfig,
    state: Ledger,
    ids: Ids,
    timers: Timers,
    waiting: WaitingList,
    recorder: Recorder,
    scratch: Scratch,
    applying: bool,
    bad_records: Vec<BadRecord>,
    expiry_due_ms: Option<u64>,
}

impl Engine {
    /// Creates an engine with the users and channels of the records in `seed`, and without sessions.
    pub fn new(config: Box<Config>, seed: Seed, now: Now) -> Engine {
        let mut state = State::new(config.limits.whowas_entries);
        let mapping = config.server.casemapping;
        let moment = Moment { mono_ms: now.mono_ms, wall_ms: now.wall_ms, mapping };
        let bad_records = state.restore(moment, &seed.records, |account| {
            setup::settings::is_always_on(&config, &account.settings) && !account.is_suspended(now.wall_ms)
        });
        let cloak_secret = state.cloak_secret.as_deref().map_or(seed.cloak_secret, str::to_owned);
        let expires = !config.accounts.multiclient.always_on_expiration.is_zero();
        let setup = ResolvedConfig::new(config, cloak_secret, &seed.texts, now.wall_ms / 1000);
        door::host::assign_hosts(&setup, &mut state, moment);
        restore_away(&setup, &mut state);
        Engine {
            setup,
            state: Ledger::new(state),
            bad_records,
            expiry_due_ms: expires.then_some(now.mono_ms),
            ids: Ids::new(seed.entropy, seed.latest_message_ms),
            timers: Timers::every(IDLE_STEP_MS),
            waiting: WaitingList::default(),
            recorder: Recorder::default(),
            scratch: Scratch::default(),
            applying: false,
        }
    }

    /// Handles an event and appends its effects to `out`.
    pub fn handle(&mut self, now: Now, event: Event<'_>, out: &mut Effects) {
        let ends = matches!(event, Event::Stopping { .. });
        self.on_event(now, event, out);
        self.persist(ends, out);
    }

    /// Stores the records that have changed.
    fn persist(&mut self, flush_all: bool, out: &mut Effects) {
        let (mut flushed, mut others) = self.state.take_dirty();
        if flush_all {
            flushed.append(&mut others);
        }
        others.retain(|key| !flushed.contains(key));
        for (keys, flush) in [(flushed, true), (others, false)] {
            if !keys.is_empty() {
                let write = |key: String| Write { value: self.state.encode(&key), key };
                out.push(Effect::Persist { writes: keys.into_iter().map(write).collect(), flush });
            }
        }
    }

    fn on_event(&mut self, now: Now, event: Event<'_>, out: &mut Effects) {
        match event {
            Event::Accepted { session, door } => self.accepted(now, session, door, out),
            Event::HandshakeDone { session, door } => self.handshake_done(now, session, door, out),
            Event::Opened { session, door } => self.opened(now, session, door, out),
            Event::Received { session, line } => self.received(now, session, line, out),
            Event::Closed { session, reason } => self.closed(now, session, &reason, out),
            Event::Drained { session } => self.drained(now, session, out),
            Event::Answered { ticket, answer } => self.answered(now, ticket, &answer, out),
            Event::Called { id, by, call } => {
                api::called(&mut self.turn(now, Answer::none(), out), id, &by, *call);
            }
            Event::Elapsed => self.elapsed(now, out),
            Event::Reconfigured { config, texts } => self.reconfigured(now, config, &texts, out),
            Event::StoreChanged { writable } => self.state.set_writable(writable),
            Event::Stopping { reason } => self.stop(now, reason, out),
        }
    }

    /// Returns the time at which [`Event::Elapsed`] is due, on the clock of [`Now::mono_ms`].
    pub fn next_deadline_ms(&self) -> Option<u64> {
        let timers = [self.timers.next_ms(), self.waiting.paced.next_ms(), self.expiry_due_ms];
        timers.into_iter().flatten().min()
    }

    /// Returns the stored records that could not be read. The engine ignores them, and the datastore keeps
    /// them.
    pub fn bad_records(&self) -> &[BadRecord] {
        &self.bad_records
    }

    /// Returns a line of a client as it may be logged: without secrets.
    pub fn masked_input<'l>(&self, line: &'l str) -> std::borrow::Cow<'l, str> {
        log_mask::masked_input(&self.setup.config, line)
    }

    /// Returns a line to a client as it may be logged: without secrets.
    pub fn masked_output<'l>(&self, line: &'l str) -> std::borrow::Cow<'l, str> {
        log_mask::masked_output(&self.setup.config, line)
    }

    /// Returns the state, for tests and metrics.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the context of an event. The lines for the session that caused it go into `answer`.
    fn turn<'e>(&'e mut self, now: Now, answer: Answer, out: &'e mut Effects) -> Turn<'e> {
        Turn {
            setup: &self.setup,
            now,
            ledger: &mut self.state,
            voice: Voice {
                setup: &self.setup,
                out,
                answer,
                stamp: self.scratch.stamp(self.ids.time_ms(now.wall_ms)),
                scratch: &mut self.scratch,
            },
            ids: &mut self.ids,
            timers: &mut self.timers,
            waiting: &mut self.waiting,
            recorder: &mut self.recorder,
            applying: &mut self.applying,
        }
    }

    /// Returns the context for serving a session.
    fn cx<'e>(&'e mut self, now: Now, session: SessionId, answer: Answer, out: &'e mut Effects) -> Cx<'e> {
        Cx::new(self.turn(now, answer, out), session)
    }

    /// Decides before the handshakes, which cost much more than the decision.
    fn accepted(&mut self, now: Now, session: SessionId, door: Box<Door>, out: &mut Effects) {
        self.arm_registration(now, session);
        // Nothing can be sent before the handshakes.
        let mut cx = self.cx(now, session, Answer::discarded(session), out);
        cx.commit(Fact::Opened { session, door });
        admission_step(&mut cx, door::admission::admit);
        if !cx.is_closed() {
            cx.voice.out.push(Effect::Admit { session });
        }
        cx.finish();
    }

    fn handshake_done(&mut self, now: Now, session: SessionId, door: Box<Door>, out: &mut Effects) {
        // The session may have been closed while the handshake was still in progress.
        if self.state.sessions.get(session).is_none() {
            return;
        }
        let mut cx = self.cx(now, session, Answer::new(session, None), out);
        cx.commit(Fact::HandshakeDone { session, door });
        admit_ready(&mut cx);
        cx.finish();
    }

    fn opened(&mut self, now: Now, session: SessionId, door: Box<Door>, out: &mut Effects) {
        self.arm_registration(now, session);
        let mut cx = self.cx(now, session, Answer::new(session, None), out);
        cx.commit(Fact::Opened { session, door });
        admit_ready(&mut cx);
        cx.finish();
    }

    fn arm_registration(&mut self, now: Now, session: SessionId) {
        let limit_ms = self.setup.config.server.idle_timeouts.registration.as_millis() as u64;
        self.timers.arm(now.mono_ms + limit_ms, session);
    }

    /// Ends a session whose connection is already closed: others are notified, it is not.
    fn closed(&mut self, now: Now, session: SessionId, reason: &CloseReason, out: &mut Effects) {
        let reason = match reason {
            CloseReason::Hangup => self.setup.said(Phrase::CONNECTION_CLOSED, &[]),
            CloseReason::Failed(why) | CloseReason::Violation(why) => why.to_string(),
            CloseReason::Handshake => self.setup.said(Phrase::HANDSHAKE_FAILED, &[]),
            CloseReason::SendqExceeded => self.setup.said(Phrase::SENDQ_EXCEEDED, &[]),
        };
        let mut cx = self.cx(now, session, Answer::discarded(session), out);
        let is_removed = guarded(&mut cx, GuardedWork::Close, |cx| {
            cx.drop_session(&reason);
            Ok(())
        });
        if !is_removed {
            cx.abandon_session(&reason);
        }
    }

    fn elapsed(&mut self, now: Now, out: &mut Effects) {
        while let Some(due) = self.waiting.paced.take_due(now.mono_ms) {
            due.into_iter().for_each(|session| self.continue_paced(now, session, out));
        }
        if self.expiry_due_ms.is_some_and(|due_ms| due_ms <= now.mono_ms) {
            self.expire_always_on(now, out);
        }
        while let Some(due) = self.timers.take_due(now.mono_ms) {
            for session in due {
                if self.state.sessions.get(session).is_some() {
                    let mut cx = self.cx(now, session, Answer::new(session, None), out);
                    let checked = guarded(&mut cx, GuardedWork::Deadline, |cx| {
                        session::idle::check_idle(cx);
                        Ok(())
                    });
                    if !checked && !cx.is_closed() {
                        // No other timer would end it.
                        cx.close(Phrase::INTERNAL_ERROR.english());
                    }
                    cx.finish();
                }
            }
        }
    }

    /// Ends always-on users who have been without a session for longer than the configuration allows.
    fn expire_always_on(&mut self, now: Now, out: &mut Effects) {
        let limit_ms = self.setup.config.accounts.multiclient.always_on_expiration.as_millis() as u64;
        self.expiry_due_ms = (limit_ms > 0).then_some(now.mono_ms + EXPIRY_CHECK_MS);
        if limit_ms == 0 {
            return;
        }
        let is_expired = |user: &User| {
            let account = user.account.as_ref().and_then(|name| self.state.accounts.get(name.key()));
            let seen_ms = account.map(|a| a.last_seen.values().copied().max().unwrap_or(a.registered_ms));
            user.sessions.is_empty()
                && seen_ms.is_some_and(|at_ms| at_ms.saturating_add(limit_ms) < now.wall_ms)
        };
        let expired = self.state.users.iter().filter(|(_, user)| is_expired(user)).map(|(id, _)| id);
        for user in expired.collect::<Vec<_>>() {
            let mut turn = self.turn(now, Answer::none(), out);
            let reason = turn.setup.said(Phrase::INACTIVE, &[]);
            guarded_turn(&mut turn, GuardedWork::Deadline, |turn| {
                turn.commit(Fact::Quit { user, reason: &reason });
            });
        }
    }

    fn stop(&mut self, now: Now, reason: &str, out: &mut Effects) {
        let sessions: Vec<SessionId> = self.state.sessions.iter().map(|(session, _)| session).collect();
        for &session in &sessions {
            let mut cx = self.cx(now, session, Answer::new(session, None), out);
            guarded(&mut cx, GuardedWork::Stop, |cx| {
                if cx.served().user().is_some() {
                    cx.touch_device(now.wall_ms);
                }
                Ok(())
            });
            cx.reply_bare("ERROR", &[], crate::wire::Text::Plain(reason));
            cx.voice.answer.close();
            cx.finish();
        }
    }
}

/// Admits a connection that is ready to send lines, if its address is allowed.
fn admit_ready(cx: &mut Cx<'_>) {
    admission_step(cx, |cx| {
        let text =
            format!("Client connecting: real IP {}", ResolvedConfig::address_text(cx.served().door.ip));
        cx.note(Level::Info, LogType::ConnectIp, text);
        door::admission::admit(cx);
        if let Some(notice) = &cx.config().server.initial_notice
            && !cx.is_closed()
        {
            cx.reply_command("NOTICE", &["*"], crate::wire::Text::Plain(notice));
        }
    });
}

/// Decides whether to admit a connection. Closes it if the decision fails.
fn admission_step(cx: &mut Cx<'_>, decide: impl FnOnce(&mut Cx<'_>)) {
    let decided = guarded(cx, GuardedWork::Door, |cx| {
        decide(cx);
        Ok(())
    });
    if !decided && !cx.is_closed() {
        cx.close(Phrase::INTERNAL_ERROR.english());
    }
}

//! The turn loop: passes events to the core in bounded turns, and releases the effects of a turn at once.
//!
//! With one I/O shard, it runs on the shard's thread without any hand-over: it reads and handles everything
//! that is ready, and flushes every socket once. With more shards, it has its own thread; each shard sends it
//! an inbox per turn and receives the effects of the turn, which all shards share.
//! Invariant: a turn ends after [`EVENTS_MAX`] events or [`TURN_TIME_MAX`], whichever is first.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Sleep};

use super::clock::Clock;
use super::commit::{Commit, Stores};
use super::control::ServerControl;
use super::core::Core;
use super::log;
use crate::archive::Archive;
use crate::config::{Config, LogType};
use crate::engine::{
    CallId, CallResult, CloseReason, Effect, Effects, Event, Job, JobAnswer, Now, Texts, Ticket,
};
use crate::http::{CallRequest, TurnRequest};
use crate::jobs::Jobs;
use crate::metrics::{JobPlace, TurnCounts};
use crate::net::{Inbox, Shard};

/// Maximum number of events in one turn.
const EVENTS_MAX: usize = 256;
/// Maximum time for one turn.
const TURN_TIME_MAX: Duration = Duration::from_millis(1);
/// Number of events between two readings of the clock.
const CLOCK_EVERY: usize = 16;
/// Number of turns whose effects may wait for a shard before the core waits for it.
pub(super) const EFFECTS_QUEUE_MAX: usize = 16;
/// The reason for clients when nothing can be stored any more.
const STORE_FAILED: &str = "Server stops: its datastore failed";
/// Duration of the timer without a deadline.
const FAR: Duration = Duration::from_secs(24 * 3600);

/// Input of the turn loop apart from a local shard's inbox.
#[derive(Debug)]
pub(super) enum Input {
    /// The inbox of a shard on another thread.
    Batch(Inbox),
    /// A job ended.
    Answered(Ticket, JobAnswer),
    /// A new configuration applies.
    Reconfigured(Box<Config>, Box<Texts>),
    /// The server stops.
    Stopping(String),
}

/// The channels through which the turn loop gets its input.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) input: mpsc::Receiver<Input>,
    pub(super) requests: mpsc::Receiver<TurnRequest>,
}

/// The destination of effects.
#[derive(Debug)]
pub(super) enum Outlet {
    /// The shard on this thread.
    Local(Rc<Shard>),
    /// Shards on their own threads.
    Remote(Vec<mpsc::Sender<Arc<Effects>>>),
}

/// The core with everything that its turns need.
#[derive(Debug)]
pub(super) struct Turns<C> {
    pub(super) core: C,
    pub(super) clock: Clock,
    pub(super) jobs: Jobs,
    pub(super) control: ServerControl,
    pub(super) outlet: Outlet,
    incoming: Incoming,
    /// Calls in progress, and where their results go.
    calls: HashMap<CallId, oneshot::Sender<CallResult>>,
    /// When each job that is not answered yet was requested.
    jobs_asked: HashMap<Ticket, (JobPlace, std::time::Instant)>,
    counts: TurnCounts,
    /// Whether a call is served before anything else, so that neither can delay the other indefinitely.
    call_is_next: bool,
    commit: Commit,
    effects: Effects,
    /// Effects shared with other threads, reused after the last thread has released them.
    shared: VecDeque<Arc<Effects>>,
    /// Tickets of jobs that were rejected.
    rejected: Vec<Ticket>,
}

enum Wake {
    /// The local shard's inbox was taken.
    Inbox,
    Input(Input),
    Request(TurnRequest),
    Elapsed,
    /// The writer made progress.
    Stored,
    /// All senders have been dropped.
    Disconnected,
}

impl<C: Core> Turns<C> {
    pub(super) fn new(
        core: C,
        clock: Clock,
        jobs: Jobs,
        control: ServerControl,
        outlet: Outlet,
        incoming: Incoming,
        commit: Commit,
    ) -> Turns<C> {
        let (calls, jobs_asked, effects, shared, rejected) = Default::default();
        Turns {
            core,
            clock,
            jobs,
            control,
            outlet,
            incoming,
            calls,
            jobs_asked,
            counts: TurnCounts::default(),
            call_is_next: false,
            commit,
            effects,
            shared,
            rejected,
        }
    }

    /// Runs until the server stops. Returns the writer and the archive, which must be closed after the
    /// clients have disconnected, and the reason if the datastore failed.
    pub(super) async fn run(mut self) -> (Stores, Result<(), String>) {
        self.run_turns().await;
        self.commit.finish();
        self.release_durable().await;
        while self.commit.is_pending() {
            self.commit.wait().await;
            self.release_durable().await;
        }
        let failure = self.commit.failure().map(str::to_owned);
        if let Some(reason) = &failure {
            tracing::error!(
                target: LogType::Datastore.name(),
                "the datastore failed, the server stops: {reason}"
            );
            self.notify_failure().await;
        }
        let done = failure.map_or(Ok(()), |reason| Err(format!("the datastore failed: {reason}")));
        (self.commit.into_stores(), done)
    }

    /// Runs turns until the server stops or cannot continue.
    async fn run_turns(&mut self) {
        let mut inbox = Inbox::default();
        let mut timer = Box::pin(tokio::time::sleep(FAR));
        loop {
            self.set(&mut timer);
            let wake = std::future::poll_fn(|cx| self.poll_wake(cx, &mut inbox, timer.as_mut())).await;
            match wake {
                Wake::Inbox => self.handle_all(&mut inbox).await,
                Wake::Input(Input::Batch(mut batch)) => self.handle_all(&mut batch).await,
                Wake::Input(Input::Answered(ticket, answer)) => {
                    self.note_answered(ticket);
                    self.handle(Event::Answered { ticket, answer }).await;
                }
                Wake::Input(Input::Reconfigured(config, texts)) => {
                    if let Some(archive) = self.commit.archive() {
                        archive.reconfigure(&config);
                    }
                    self.handle(Event::Reconfigured { config, texts }).await;
                }
                Wake::Input(Input::Stopping(reason)) => {
                    return self.handle(Event::Stopping { reason: &reason }).await;
                }
                Wake::Request(TurnRequest::Call(CallRequest { by, call, reply })) => {
                    self.counts.calls += 1;
                    let id = CallId(self.counts.calls);
                    self.calls.insert(id, reply);
                    self.handle(Event::Called { id, by, call }).await;
                }
                Wake::Request(TurnRequest::Counts(reply)) => {
                    let spool_bytes = self.commit.archive().map_or(0, Archive::spool_bytes);
                    // The client may be gone.
                    let _ = reply.send(Box::new(TurnCounts { spool_bytes, ..self.counts }));
                }
                // The timer can be early: a deadline that moved back leaves it unchanged.
                Wake::Elapsed if self.is_due() => self.handle(Event::Elapsed).await,
                Wake::Elapsed => {}
                Wake::Stored => {
                    self.release_durable().await;
                    if self.commit.failure().is_some() {
                        return;
                    }
                    if let Some(writable) = self.commit.take_change() {
                        let event = Event::StoreChanged { writable };
                        self.core.handle(self.clock.now(), event, &mut self.effects);
                    }
                    self.carry_out().await;
                }
                Wake::Disconnected => return,
            }
        }
    }

    /// Sets the timer if the deadline moved forward or the timer has fired: every line from a client moves
    /// deadlines back, and following them would cost more than waking early.
    fn set(&self, timer: &mut Pin<Box<Sleep>>) {
        let deadline = self.core.next_deadline_ms().map(|deadline| self.clock.instant(deadline));
        let deadline = deadline.unwrap_or_else(|| Instant::now() + FAR);
        if timer.is_elapsed() || deadline < timer.deadline() {
            timer.as_mut().reset(deadline);
        }
    }

    fn is_due(&self) -> bool {
        self.core.next_deadline_ms().is_some_and(|deadline| deadline <= self.clock.now().mono_ms)
    }

    fn poll_wake(&mut self, cx: &mut Context<'_>, inbox: &mut Inbox, timer: Pin<&mut Sleep>) -> Poll<Wake> {
        if self.commit.poll(cx).is_ready() {
            return Poll::Ready(Wake::Stored);
        }
        if self.call_is_next
            && let Poll::Ready(Some(request)) = self.incoming.requests.poll_recv(cx)
        {
            self.call_is_next = false;
            return Poll::Ready(Wake::Request(request));
        }
        // Answers and deadlines first: they are few, and lines could delay them indefinitely.
        match self.incoming.input.poll_recv(cx) {
            Poll::Ready(Some(input)) => {
                self.call_is_next = true;
                return Poll::Ready(Wake::Input(input));
            }
            Poll::Ready(None) => return Poll::Ready(Wake::Disconnected),
            Poll::Pending => {}
        }
        if std::future::Future::poll(timer, cx).is_ready() {
            return Poll::Ready(Wake::Elapsed);
        }
        if let Outlet::Local(shard) = &self.outlet
            && shard.poll_inbox(cx, inbox).is_ready()
        {
            self.call_is_next = true;
            return Poll::Ready(Wake::Inbox);
        }
        match self.incoming.requests.poll_recv(cx) {
            Poll::Ready(Some(request)) => Poll::Ready(Wake::Request(request)),
            // Without an HTTP thread, there are no calls.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    /// Handles one event, and its effects.
    async fn handle(&mut self, event: Event<'_>) {
        self.core.handle(self.clock.now(), event, &mut self.effects);
        self.carry_out().await;
    }

    /// Handles an inbox, turn by turn.
    async fn handle_all(&mut self, inbox: &mut Inbox) {
        while self.turn(inbox) {
            self.carry_out().await;
        }
    }

    /// Runs one turn; returns false if there was nothing left to do.
    fn turn(&mut self, inbox: &mut Inbox) -> bool {
        let started = std::time::Instant::now();
        let now: Now = self.clock.now();
        let wants_input = log::wants_input();
        let mut events = 0;
        let mut first = Duration::ZERO;
        while events < EVENTS_MAX
            && (events == 0 || events % CLOCK_EVERY != 0 || started.elapsed() < TURN_TIME_MAX)
            && let Some(event) = inbox.take_next()
        {
            if wants_input {
                log::write_input(&self.core, &event);
            }
            match event {
                Event::Received { .. } => self.counts.lines_received += 1,
                Event::Closed { reason: CloseReason::SendqExceeded, .. } => self.counts.sendq_closes += 1,
                _ => {}
            }
            self.core.handle(now, event, &mut self.effects);
            events += 1;
            if events == 1 {
                first = started.elapsed();
            }
        }
        if events > 0 {
            self.counts.events.add_time(first);
            self.counts.turns.add_time(started.elapsed());
        }
        events > 0
    }

    /// Releases the effects of a turn, or keeps them until they are durable.
    async fn carry_out(&mut self) {
        self.core.turn_is_over();
        loop {
            self.commit.store(&mut self.effects);
            if self.commit.is_clear() {
                self.release().await;
            } else {
                self.commit.keep(std::mem::take(&mut self.effects));
                self.release_durable().await;
            }
            while self.commit.is_full() {
                self.commit.wait().await;
                self.release_durable().await;
            }
            if self.rejected.is_empty() {
                return;
            }
            let now = self.clock.now();
            for ticket in std::mem::take(&mut self.rejected) {
                let event = Event::Answered { ticket, answer: JobAnswer::Failed };
                self.core.handle(now, event, &mut self.effects);
            }
        }
    }

    /// Releases kept effects that are durable now. `effects` must be empty.
    async fn release_durable(&mut self) {
        while let Some((effects, since)) = self.commit.take_durable() {
            self.counts.durable.add_time(since.elapsed());
            self.effects = effects;
            self.release().await;
        }
    }

    /// Submits jobs, writes log records and sends lines.
    async fn release(&mut self) {
        if log::wants_output() {
            log::write_output(&self.core, &self.effects);
        }
        for effect in self.effects.list() {
            match effect {
                Effect::Deliver { to, .. } => {
                    self.counts.lines_sent += to.len() as u64;
                    self.counts.recipients.add(to.len() as u64);
                }
                Effect::Answer { .. } => self.counts.lines_sent += 1,
                Effect::Ask { ticket, job } if !self.submit(*ticket, job) => {
                    self.counts.jobs_rejected += 1;
                    self.rejected.push(*ticket);
                }
                Effect::Ask { ticket, job } => {
                    self.jobs_asked.insert(*ticket, (place_of(job), std::time::Instant::now()));
                }
                Effect::Reload { ticket } if !self.control.reload_for(*ticket) => {
                    self.rejected.push(*ticket);
                }
                Effect::Return { id, result } => {
                    if let Some(reply) = self.calls.remove(id) {
                        // The client may be gone.
                        let _ = reply.send((**result).clone());
                    }
                }
                Effect::Note(note) => log::write(note),
                Effect::CountLogin(outcome) => self.counts.logins[*outcome as usize] += 1,
                // Stored before this point, or applied by the shards.
                Effect::Reload { .. }
                | Effect::Persist { .. }
                | Effect::Record(_)
                | Effect::Hold { .. }
                | Effect::Release { .. }
                | Effect::Admit { .. }
                | Effect::Close { .. } => {}
            }
        }
        self.send_effects().await;
    }

    /// Measures the time of a job.
    fn note_answered(&mut self, ticket: Ticket) {
        if let Some((place, since)) = self.jobs_asked.remove(&ticket) {
            self.counts.jobs[place as usize].add_time(since.elapsed());
        }
    }

    /// Submits a job; returns false if too many wait, in which case there will be no answer.
    fn submit(&self, ticket: Ticket, job: &Job) -> bool {
        match job {
            Job::Hash(job) => self.jobs.hash(ticket, job.clone()),
            Job::Network(job) => self.jobs.ask(ticket, job.clone()),
            Job::History(query) => {
                self.commit.archive().is_some_and(|archive| archive.ask(ticket, query.clone()))
            }
        }
    }

    /// Notifies clients that the server stops, without releasing effects whose changes were not stored.
    async fn notify_failure(&mut self) {
        self.effects = Effects::default();
        let event = Event::Stopping { reason: STORE_FAILED };
        self.core.handle(self.clock.now(), event, &mut self.effects);
        self.release().await;
    }

    async fn send_effects(&mut self) {
        match &self.outlet {
            Outlet::Local(shard) => {
                shard.apply(&self.effects, false);
                self.effects.clear();
            }
            Outlet::Remote(_) if self.effects.is_empty() => {}
            Outlet::Remote(shards) => {
                let spare = match self.shared.pop_front().map(Arc::try_unwrap) {
                    Some(Ok(mut effects)) => {
                        effects.clear();
                        effects
                    }
                    Some(Err(busy)) => {
                        self.shared.push_front(busy);
                        Effects::default()
                    }
                    None => Effects::default(),
                };
                let effects = Arc::new(std::mem::replace(&mut self.effects, spare));
                for shard in shards {
                    // A shard that has ended has no connections left.
                    let _ = shard.send(effects.clone()).await;
                }
                if self.shared.len() <= EFFECTS_QUEUE_MAX {
                    self.shared.push_back(effects);
                }
            }
        }
    }
}

/// Returns the place where a job is done.
fn place_of(job: &Job) -> JobPlace {
    match job {
        Job::Hash(_) => JobPlace::Hash,
        Job::Network(_) => JobPlace::Network,
        Job::History(_) => JobPlace::History,
    }
}

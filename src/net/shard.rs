//! The connections of one I/O thread: a slab of connections, each with a small task that waits for readiness.
//! Applies effects to them, and leaves all decisions to the engine, through the inbox.
//!
//! Invariants: each connection is flushed once per turn; the engine is notified exactly once that a session
//! is closed, and not at all if it closed the session itself.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;

use super::connection::Connection;
use super::framing::line_bytes_max;
use super::handshake::Verdict;
use super::inbox::Inbox;
use super::outbox::Pool;
use super::output::LineRef;
use crate::config::Config;
use crate::engine::{CloseReason, Door, Effects};
use crate::state::SessionId;

/// Size of the shared read buffer: the maximum that one connection reads before others get a turn.
const READ_BYTES_MAX: usize = 16 * 1024;
/// Time for a closed connection to receive its queued output.
const FAREWELL: Duration = Duration::from_secs(2);

/// The configured limits of buffers, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Unsent output at which a client that does not read is closed.
    pub sendq_bytes_max: usize,
    /// Maximum length of a line that the engine gets.
    pub line_bytes_max: usize,
}

impl Limits {
    /// Returns the limits of a configuration.
    pub fn of(config: &Config) -> Limits {
        Limits {
            sendq_bytes_max: config.server.max_sendq,
            line_bytes_max: line_bytes_max(config.server.max_line_len),
        }
    }

    /// Returns the size of unsent answers at which reading from a client pauses.
    pub(super) fn pause_bytes(&self) -> usize {
        self.sendq_bytes_max / 2
    }

    /// Returns the size of unsent output below which reading and long answers continue.
    pub(super) fn drained_bytes(&self) -> usize {
        self.sendq_bytes_max / 4
    }
}

/// The connections of one I/O thread.
#[derive(Debug)]
pub struct Shard {
    pub(super) inner: RefCell<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    /// The number of this shard, and of all shards; both determine the slots of sessions.
    pub(super) index: u32,
    pub(super) shards: u32,
    pub(super) limits: Limits,
    pub(super) slots: Vec<Option<Connection>>,
    /// The part of each slot that is needed for every line to every recipient, parallel to `slots`.
    pub(super) marks: Vec<Mark>,
    /// Slots of connections whose handshake is in progress. Never iterated.
    pub(super) handshakes: HashMap<u32, Rc<Verdict>>,
    free: Vec<u32>,
    live: usize,
    /// Set when the server shuts down: no connections are accepted.
    shut: bool,
    pub(super) inbox: Inbox,
    pub(super) pool: Pool,
    /// Connections that the current effects concern.
    pub(super) touched: Vec<u32>,
    /// The lines of the current effects, sorted by recipient.
    pub(super) sorted: Vec<LineRef>,
    /// Connections with output that must be flushed.
    pub(super) dirty: Vec<u32>,
    /// Closed sessions that still send their queued output, with the time at which they are dropped.
    pub(super) lingering: VecDeque<(Instant, SessionId)>,
    pub(super) read_buffer: Box<[u8]>,
    pub(super) plain_buffer: Box<[u8]>,
    /// Readers waiting for room in the inbox.
    pub(super) stalled: Vec<Waker>,
    turn_waker: Option<Waker>,
    farewell_waker: Option<Waker>,
    empty_waker: Option<Waker>,
}

/// The part of a slot that is needed to sort lines.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    /// The generation of the session that uses the slot.
    pub(super) generation: u32,
    /// While lines are sorted: their number, then the index of the next one.
    pub(super) lines: u32,
    /// Set if the slot is in `touched`.
    pub(super) touched: bool,
    /// Set after the connection was closed: lines to it are dropped.
    pub(super) deaf: bool,
}

impl Shard {
    /// Creates a shard without connections, number `index` of `shards`.
    pub fn new(index: u32, shards: u32, limits: Limits) -> Rc<Shard> {
        Rc::new(Shard {
            inner: RefCell::new(Inner {
                index,
                shards,
                limits,
                slots: Vec::new(),
                marks: Vec::new(),
                handshakes: HashMap::new(),
                free: Vec::new(),
                live: 0,
                shut: false,
                inbox: Inbox::default(),
                pool: Pool::default(),
                touched: Vec::new(),
                sorted: Vec::new(),
                dirty: Vec::new(),
                lingering: VecDeque::new(),
                read_buffer: vec![0; READ_BYTES_MAX].into(),
                plain_buffer: vec![0; READ_BYTES_MAX].into(),
                stalled: Vec::new(),
                turn_waker: None,
                farewell_waker: None,
                empty_waker: None,
            }),
        })
    }

    /// Sets other limits.
    pub fn set_limits(&self, limits: Limits) {
        self.inner.borrow_mut().limits = limits;
    }

    /// Waits for events for the engine and swaps them into `out`, which must be empty.
    pub fn poll_inbox(&self, cx: &mut Context<'_>, out: &mut Inbox) -> Poll<()> {
        let inner = &mut *self.inner.borrow_mut();
        if inner.inbox.is_empty() {
            inner.turn_waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        std::mem::swap(&mut inner.inbox, out);
        inner.stalled.drain(..).for_each(Waker::wake);
        Poll::Ready(())
    }

    /// Applies the effects of a turn to connections, and ignores effects of other kinds. Flushes every
    /// connection once, unless more effects follow immediately: then together with these.
    pub fn apply(&self, effects: &Effects, more_follow: bool) {
        self.inner.borrow_mut().apply(effects, more_follow);
    }

    /// Waits until no connection is left. From the first call on, new connections are dropped.
    pub fn poll_empty(&self, cx: &mut Context<'_>) -> Poll<()> {
        let inner = &mut *self.inner.borrow_mut();
        inner.shut = true;
        if inner.live == 0 {
            return Poll::Ready(());
        }
        inner.empty_waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Drops closed connections that do not read their last lines in time. Never returns.
    pub async fn reap(self: Rc<Self>) {
        loop {
            let deadline = std::future::poll_fn(|cx| self.poll_farewell(cx)).await;
            tokio::time::sleep_until(deadline).await;
            self.inner.borrow_mut().drop_expired(Instant::now());
        }
    }

    fn poll_farewell(&self, cx: &mut Context<'_>) -> Poll<Instant> {
        let inner = &mut *self.inner.borrow_mut();
        if let Some(&(deadline, _)) = inner.lingering.front() {
            return Poll::Ready(deadline);
        }
        inner.farewell_waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Returns whether the server no longer accepts connections.
    pub(super) fn is_shut(&self) -> bool {
        self.inner.borrow().shut
    }

    /// Adds a connection that is ready and that the engine does not know yet. Must be called in the shard's
    /// runtime.
    pub(super) fn open(self: &Rc<Self>, connection: Connection, door: Box<Door>) {
        if self.is_shut() {
            return;
        }
        let (local, generation) = self.inner.borrow_mut().open(connection, door);
        tokio::task::spawn_local(Watch { shard: self.clone(), local, generation });
    }

    /// Adds a connection whose handshake is done.
    pub(super) fn finish_handshake(
        self: &Rc<Self>,
        session: SessionId,
        connection: Connection,
        door: Box<Door>,
    ) {
        let local = self.inner.borrow_mut().end_handshake(session, connection, door);
        if let Some(local) = local {
            tokio::task::spawn_local(Watch { shard: self.clone(), local, generation: session.generation });
        }
    }
}

/// The task of one connection, which contains only its slot.
struct Watch {
    shard: Rc<Shard>,
    local: u32,
    generation: u32,
}

impl Future for Watch {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.shard.inner.borrow_mut().drive(self.local, self.generation, cx)
    }
}

impl Inner {
    /// Returns an unused slot.
    pub(super) fn take_slot(&mut self) -> u32 {
        self.live += 1;
        self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.marks.push(Mark::default());
            self.slots.len() as u32 - 1
        })
    }

    /// Frees a slot for another session.
    pub(super) fn free_slot(&mut self, local: u32) {
        let mark = &mut self.marks[local as usize];
        mark.generation = mark.generation.wrapping_add(1);
        mark.deaf = false;
        self.free.push(local);
        self.live -= 1;
        if self.live == 0
            && let Some(waker) = self.empty_waker.take()
        {
            waker.wake();
        }
    }

    fn open(&mut self, connection: Connection, door: Box<Door>) -> (u32, u32) {
        let local = self.take_slot();
        self.slots[local as usize] = Some(connection);
        let generation = self.marks[local as usize].generation;
        self.inbox.opened(self.session(local), door);
        self.wake_turn();
        (local, generation)
    }

    pub(super) fn session(&self, local: u32) -> SessionId {
        let generation = self.marks[local as usize].generation;
        SessionId { slot: local * self.shards + self.index, generation }
    }

    /// Returns the index of a session in this shard's slab, if it belongs to this shard.
    #[inline]
    pub(super) fn local(&self, session: SessionId) -> Option<u32> {
        if self.shards == 1 {
            return Some(session.slot);
        }
        (session.slot % self.shards == self.index).then(|| session.slot / self.shards)
    }

    #[inline]
    pub(super) fn connection(&mut self, local: u32, generation: u32) -> Option<&mut Connection> {
        let mark = self.marks.get(local as usize)?;
        if mark.generation == generation { self.slots[local as usize].as_mut() } else { None }
    }

    pub(super) fn wake_turn(&mut self) {
        if let Some(waker) = self.turn_waker.take() {
            waker.wake();
        }
    }

    /// Removes a connection and frees its slot.
    pub(super) fn remove(&mut self, local: u32) {
        let Some(connection) = self.slots[local as usize].take() else { return };
        connection.wake();
        self.free_slot(local);
    }

    /// Removes a connection that has ended, and notifies the engine unless the engine had closed it.
    pub(super) fn end(&mut self, local: u32, reason: CloseReason) {
        let session = self.session(local);
        let Some(connection) = &self.slots[local as usize] else { return };
        if !connection.status.closing {
            self.inbox.closed(session, reason);
            self.wake_turn();
        }
        self.remove(local);
    }

    /// Starts the time in which a closed connection may receive its last lines.
    pub(super) fn start_linger(&mut self, session: SessionId) {
        self.lingering.push_back((Instant::now() + FAREWELL, session));
        if let Some(waker) = self.farewell_waker.take() {
            waker.wake();
        }
    }

    fn drop_expired(&mut self, now: Instant) {
        while let Some(&(deadline, session)) = self.lingering.front()
            && deadline <= now
        {
            self.lingering.pop_front();
            if let Some(local) = self.local(session)
                && self.connection(local, session.generation).is_some()
            {
                self.remove(local);
            }
        }
    }
}

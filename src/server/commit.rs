//! Output commit: the output of a turn leaves the process only when its changes cannot be lost.
//!
//! First, the changes and the history of a turn are written to the write-ahead log and the spool, where they
//! survive `kill -9`. Then most output leaves at once. If changes must survive a power failure, too, the
//! effects of that turn and of all later ones are kept in order until the changes are on disk; the core
//! continues meanwhile. Invariant: effects are released in the order of their turns, and only when the
//! changes of this and all earlier turns are as durable as required.

use std::collections::VecDeque;
use std::task::{Context, Poll};
use std::time::Instant;

use crate::archive::Archive;
use crate::engine::Effects;
use crate::store::{Progress, StoreWriter};

/// Size of kept effects, in bytes, at which the core waits for the writer.
const KEPT_BYTES_MAX: usize = 16 << 20;

/// The writer and the archive, and the effects that wait for them.
#[derive(Debug)]
pub(super) struct Commit {
    writer: StoreWriter,
    /// The archive, if history is stored.
    archive: Option<Archive>,
    kept: VecDeque<KeptEffects>,
    kept_bytes: usize,
    /// The last push to the writer, and the last that has to be durable.
    pushed: u64,
    awaited: u64,
    seen: Progress,
    /// The last push to the archive that must be durable, and the last that is.
    recorded: u64,
    synced: u64,
    /// The status that the core was last notified of; initially, that there is space.
    told_writable: bool,
}

/// The writer and the archive, closed on drop, after the clients are gone.
#[derive(Debug)]
pub(super) struct Stores {
    _writer: StoreWriter,
    _archive: Option<Archive>,
}

/// Effects of a turn, and the pushes that must be durable before they are released.
#[derive(Debug)]
struct KeptEffects {
    awaited: u64,
    recorded: u64,
    effects: Effects,
    bytes: usize,
    /// When it began to wait.
    since: Instant,
}

impl Commit {
    pub(super) fn new(writer: StoreWriter, archive: Option<Archive>) -> Commit {
        let seen = writer.progress();
        Commit {
            writer,
            archive,
            kept: VecDeque::new(),
            kept_bytes: 0,
            pushed: 0,
            awaited: 0,
            seen,
            recorded: 0,
            synced: 0,
            told_writable: true,
        }
    }

    /// Returns the archive, if history is stored.
    pub(super) fn archive(&self) -> Option<&Archive> {
        self.archive.as_ref()
    }

    /// Stores the changes and the history of a turn.
    #[inline]
    pub(super) fn store(&mut self, effects: &mut Effects) {
        if effects.persists() {
            self.persist(effects);
        }
        if let Some(archive) = &self.archive
            && effects.has_records()
            && let Some(number) = archive.push(effects.records())
        {
            self.recorded = number;
        }
    }

    fn persist(&mut self, effects: &mut Effects) {
        let (writes, flush) = effects.take_writes();
        let awaited = if flush { Some(self.writer.push(writes)) } else { self.writer.push_soon(writes) };
        self.pushed += 1;
        self.awaited = awaited.unwrap_or(self.awaited);
        self.seen = self.writer.progress();
    }

    /// Returns whether effects can be released at once.
    #[inline]
    pub(super) fn is_clear(&self) -> bool {
        self.kept.is_empty() && self.awaited <= self.seen.durable && self.recorded <= self.synced
    }

    /// Keeps the effects of a turn.
    pub(super) fn keep(&mut self, effects: Effects) {
        let bytes = effects.memory_bytes();
        self.kept_bytes += bytes;
        let (awaited, recorded, since) = (self.awaited, self.recorded, Instant::now());
        self.kept.push_back(KeptEffects { awaited, recorded, effects, bytes, since });
    }

    /// Returns the next effects that can be released, and when they began to wait.
    pub(super) fn take_durable(&mut self) -> Option<(Effects, Instant)> {
        self.kept.front().filter(|kept| self.is_durable(kept))?;
        let KeptEffects { effects, bytes, since, .. } = self.kept.pop_front()?;
        self.kept_bytes -= bytes;
        Some((effects, since))
    }

    /// Returns whether the core must wait before its next turn.
    pub(super) fn is_full(&self) -> bool {
        self.failure().is_none() && (self.seen.full || self.kept_bytes >= KEPT_BYTES_MAX)
    }

    /// Makes everything durable that was pushed.
    pub(super) fn finish(&mut self) {
        if self.pushed > self.seen.durable {
            self.awaited = self.writer.push(Vec::new());
            self.pushed += 1;
        }
    }

    /// Returns whether something still waits for the writer.
    pub(super) fn is_pending(&self) -> bool {
        self.failure().is_none() && (!self.kept.is_empty() || self.awaited > self.seen.durable)
    }

    /// Returns the reason if nothing more will become durable.
    pub(super) fn failure(&self) -> Option<&str> {
        self.seen.failed.as_deref()
    }

    /// Returns a change in whether there is space for new records, once.
    pub(super) fn take_change(&mut self) -> Option<bool> {
        (self.told_writable != self.seen.writable).then(|| {
            self.told_writable = self.seen.writable;
            self.told_writable
        })
    }

    /// Waits for progress of the writer.
    pub(super) async fn wait(&mut self) {
        std::future::poll_fn(|cx| self.poll_progress(cx)).await;
    }

    /// Waits for progress that the turn loop must handle. Costs nothing while no changes wait for the disk
    /// and there is space.
    #[inline]
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let is_idle = self.kept.is_empty() && self.pushed <= self.seen.durable;
        if is_idle && self.told_writable && self.seen.writable {
            return Poll::Pending;
        }
        let is_due = self.told_writable != self.seen.writable
            || self.failure().is_some()
            || self.kept.front().is_some_and(|kept| self.is_durable(kept));
        if is_due { Poll::Ready(()) } else { self.poll_progress(cx) }
    }

    fn is_durable(&self, kept: &KeptEffects) -> bool {
        kept.awaited <= self.seen.durable && kept.recorded <= self.synced
    }

    fn poll_progress(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let written = self.writer.poll_progress(cx, &self.seen).map(|progress| self.seen = progress);
        let synced = match &self.archive {
            Some(archive) => archive.poll_synced(cx, self.synced).map(|synced| self.synced = synced),
            None => Poll::Pending,
        };
        if written.is_ready() { written } else { synced }
    }

    /// Drops kept effects, and returns the writer and the archive.
    pub(super) fn into_stores(self) -> Stores {
        Stores { _writer: self.writer, _archive: self.archive }
    }
}

//! Output commit: what a turn says leaves the process only when what it changed is durable.
//!
//! The effects of a turn that persists, and of every turn after it, are kept in order until the writer
//! reports that turn. The core meanwhile goes on. Invariant: effects come out in the order of their
//! turns, and none before the writes of its own and all earlier turns are on the disk.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use crate::engine::Effects;
use crate::store::{Progress, Writer};

/// Memory of kept effects, in bytes, at which the core waits for the writer.
const KEPT_BYTES_MAX: usize = 16 << 20;

/// The writer, and what waits for it.
#[derive(Debug)]
pub(super) struct Commit {
    writer: Writer,
    /// Effects, with the push they wait for and their size.
    kept: VecDeque<(u64, Effects, usize)>,
    kept_bytes: usize,
    pushed: u64,
    seen: Progress,
    /// What the core knows; it begins as if there were room.
    told_writable: bool,
}

impl Commit {
    pub(super) fn new(writer: Writer) -> Commit {
        let seen = writer.progress();
        Commit { writer, kept: VecDeque::new(), kept_bytes: 0, pushed: 0, seen, told_writable: true }
    }

    /// Whether effects may go out at once.
    #[inline]
    pub(super) fn is_clear(&self, effects: &Effects) -> bool {
        self.kept.is_empty() && !effects.persists()
    }

    /// Keeps the effects of a turn and hands its writes to the writer.
    pub(super) fn keep(&mut self, mut effects: Effects) {
        if effects.persists() {
            self.pushed = self.writer.push(effects.take_writes());
            self.seen = self.writer.progress();
        }
        let bytes = effects.memory_bytes();
        self.kept_bytes += bytes;
        self.kept.push_back((self.pushed, effects, bytes));
    }

    /// The next effects that need to wait no longer.
    pub(super) fn take_durable(&mut self) -> Option<Effects> {
        let (_, effects, bytes) = self.kept.pop_front_if(|(pushed, ..)| *pushed <= self.seen.durable)?;
        self.kept_bytes -= bytes;
        Some(effects)
    }

    /// Whether the core has to wait before its next turn.
    pub(super) fn is_full(&self) -> bool {
        self.failure().is_none() && (self.seen.full || self.kept_bytes >= KEPT_BYTES_MAX)
    }

    /// Whether something still waits, and not in vain.
    pub(super) fn is_pending(&self) -> bool {
        self.failure().is_none() && !self.kept.is_empty()
    }

    /// Why nothing more will be durable.
    pub(super) fn failure(&self) -> Option<&str> {
        self.seen.failed.as_deref()
    }

    /// Whether there is room for new records, if the core does not know yet; from then on it does.
    pub(super) fn take_change(&mut self) -> Option<bool> {
        (self.told_writable != self.seen.writable).then(|| {
            self.told_writable = self.seen.writable;
            self.told_writable
        })
    }

    /// Waits until the writer comes further.
    pub(super) async fn wait(&mut self) {
        std::future::poll_fn(|cx| self.poll_writer(cx)).await;
    }

    /// Waits for something that the turn loop has to do about it. Without cost while nothing is kept and there is room.
    #[inline]
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.kept.is_empty() && self.told_writable && self.seen.writable {
            return Poll::Pending;
        }
        let is_due = self.told_writable != self.seen.writable
            || self.failure().is_some()
            || self.kept.front().is_some_and(|(pushed, ..)| *pushed <= self.seen.durable);
        if is_due { Poll::Ready(()) } else { self.poll_writer(cx) }
    }

    fn poll_writer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.writer.poll_progress(cx, &self.seen).map(|progress| self.seen = progress)
    }

    /// Drops what is still kept, and gives the writer back.
    pub(super) fn into_writer(self) -> Writer {
        self.writer
    }
}

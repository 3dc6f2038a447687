//! What a running server counts and measures. `http` shows it; this module only adds up.
//!
//! Almost everything is counted by the turn loop, in [`TurnCounts`], as plain numbers of one thread: counting
//! costs an addition. Invariant: counting takes no lock and allocates nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::engine::LoginOutcome;

/// Number of bounds of a histogram.
const BOUNDS: usize = 13;

/// The distribution of some whole numbers, counted up to bounds that are powers of four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// How many numbers are at most 4 to the power of the index but not counted before; the last one has the
    /// rest.
    counts: [u64; BOUNDS + 1],
    sum: u64,
}

impl Histogram {
    /// Counts a number.
    #[inline]
    pub fn add(&mut self, number: u64) {
        // The number of bits of the largest number below it, halved: its logarithm to base four, rounded up.
        let bits = u64::BITS - number.saturating_sub(1).leading_zeros();
        self.counts[(bits.div_ceil(2) as usize).min(BOUNDS)] += 1;
        self.sum += number;
    }

    /// Counts a time, in microseconds.
    #[inline]
    pub fn add_time(&mut self, time: Duration) {
        self.add(time.as_micros() as u64);
    }

    /// Returns the sum of all numbers.
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// Iterates over the bounds, each with the number of entries that are not beyond it but beyond the one
    /// before; the last bound is infinite (`None`).
    pub fn buckets(&self) -> impl Iterator<Item = (Option<u64>, u64)> {
        let bound = |index| (index < BOUNDS).then(|| 1_u64 << (2 * index));
        self.counts.iter().enumerate().map(move |(index, &count)| (bound(index), count))
    }
}

/// The place where a job is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobPlace {
    /// On a processor.
    Hash,
    /// Over the network, or by a program.
    Network,
    /// By the archive.
    History,
}

impl JobPlace {
    /// All places.
    pub const ALL: [JobPlace; 3] = [JobPlace::Hash, JobPlace::Network, JobPlace::History];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            JobPlace::Hash => "hash",
            JobPlace::Network => "network",
            JobPlace::History => "history",
        }
    }
}

/// What the turn loop has counted since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct TurnCounts {
    /// Lines from clients.
    pub lines_received: u64,
    /// Lines to clients, once for each recipient.
    pub lines_sent: u64,
    /// Calls of programs.
    pub calls: u64,
    /// Clients closed because they did not read.
    pub sendq_closes: u64,
    /// Jobs rejected because too many waited.
    pub jobs_rejected: u64,
    /// Times to handle all events of a turn.
    pub turns: Histogram,
    /// Times to handle the first event of a turn, as a sample of all events.
    pub events: Histogram,
    /// Numbers of recipients of the lines that others caused.
    pub recipients: Histogram,
    /// Times that output waited until its changes were on disk.
    pub durable: Histogram,
    /// Attempts to log in, by [`LoginOutcome`].
    pub logins: [u64; LoginOutcome::ALL.len()],
    /// Size of the history that the database does not have yet, in bytes, when the counts are read.
    pub spool_bytes: u64,
    /// Times from the request of a job to its answer, by [`JobPlace`].
    pub jobs: [Histogram; JobPlace::ALL.len()],
}

/// The connections of a listener.
#[derive(Debug, Default)]
pub struct ListenerCounts {
    open: AtomicU64,
    accepted: AtomicU64,
}

impl ListenerCounts {
    /// Counts a connection that was opened.
    pub fn opened(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that was closed.
    pub fn closed(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// Returns the number of connections that are open now, and of all since the start.
    pub fn get(&self) -> (u64, u64) {
        (self.open.load(Ordering::Relaxed), self.accepted.load(Ordering::Relaxed))
    }
}

/// A listener, by address, with its counts.
type Counted = (String, Arc<ListenerCounts>);

/// The counts of all listeners since the start.
#[derive(Clone, Debug, Default)]
pub struct ConnectionCounts(Arc<Mutex<Vec<Counted>>>);

impl ConnectionCounts {
    /// Returns the counts of a listener.
    pub fn listener(&self, address: &str) -> Arc<ListenerCounts> {
        let mut all = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, counts)) = all.iter().find(|(known, _)| known == address) {
            return counts.clone();
        }
        let counts = Arc::<ListenerCounts>::default();
        all.push((address.to_owned(), counts.clone()));
        counts
    }

    /// Returns the counts of all listeners.
    pub fn all(&self) -> Vec<(String, Arc<ListenerCounts>)> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_counts_up_to_the_next_power_of_four() {
        let bound_of = |number| {
            let mut histogram = Histogram::default();
            histogram.add(number);
            histogram.buckets().find(|(_, count)| *count == 1).map(|(bound, _)| bound)
        };
        for (number, bound) in
            [(0, 1), (1, 1), (2, 4), (4, 4), (5, 16), (16, 16), (17, 64), (1 << 24, 1 << 24)]
        {
            assert_eq!(bound_of(number), Some(Some(bound)), "{number}");
        }
        for number in [(1 << 24) + 1, u64::MAX] {
            assert_eq!(bound_of(number), Some(None), "{number}");
        }
    }

    #[test]
    fn a_listener_keeps_its_counts() {
        let all = ConnectionCounts::default();
        all.listener("a").opened();
        all.listener("a").opened();
        all.listener("a").closed();
        assert_eq!(all.listener("a").get(), (1, 2));
        assert_eq!(all.all().len(), 1);
    }
}

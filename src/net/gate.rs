//! Limits the number of connections, and of those whose handshakes are in progress.
//!
//! Invariant: dropping a permit releases its place.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::metrics::ListenerCounts;

/// Maximum number of handshakes in progress, regardless of `max-clients`.
const HANDSHAKES_MAX: usize = 4096;
/// Number of handshakes that are always allowed, even if `max-clients` is low.
const HANDSHAKES_MIN: usize = 16;
/// One in this number of clients may be in its handshake.
const CLIENTS_PER_HANDSHAKE: usize = 4;

/// Timeout for all handshakes of a connection.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// The timeout while more than half of the places are taken, so that silent clients make room sooner.
const HANDSHAKE_TIME_MAX_CROWDED: Duration = Duration::from_secs(3);

/// Counts connections against `max-clients`, and handshakes against a part of it.
#[derive(Debug, Default)]
pub(super) struct ConnectionLimits {
    open: AtomicUsize,
    /// 0 is no limit.
    max: AtomicUsize,
    handshakes: AtomicUsize,
    /// Notified when a handshake has ended.
    ended: Notify,
}

/// A place for a connection; dropped with the connection.
#[derive(Debug)]
pub(super) struct ConnectionPermit {
    limits: Arc<ConnectionLimits>,
    listener: Arc<ListenerCounts>,
}

/// A place for a handshake; dropped when the handshakes are over.
#[derive(Debug)]
pub(super) struct HandshakePermit(Arc<ConnectionLimits>);

impl ConnectionLimits {
    /// Sets `max-clients`; 0 is no limit.
    pub(super) fn set_max(&self, max_clients: usize) {
        self.max.store(max_clients, Ordering::Relaxed);
        self.ended.notify_waiters();
    }

    /// Returns a place for a connection to a listener, if one is left.
    pub(super) fn enter(self: &Arc<Self>, listener: &Arc<ListenerCounts>) -> Option<ConnectionPermit> {
        let max = self.max.load(Ordering::Relaxed);
        let before = self.open.fetch_add(1, Ordering::Relaxed);
        listener.opened();
        let permit = ConnectionPermit { limits: self.clone(), listener: listener.clone() };
        (max == 0 || before < max).then_some(permit)
    }

    /// Waits for a place for a handshake.
    pub(super) async fn enter_handshake(self: &Arc<Self>) -> HandshakePermit {
        loop {
            let ended = self.ended.notified();
            if let Some(permit) = self.try_enter_handshake() {
                return permit;
            }
            ended.await;
        }
    }

    fn try_enter_handshake(self: &Arc<Self>) -> Option<HandshakePermit> {
        let before = self.handshakes.fetch_add(1, Ordering::Relaxed);
        if before < self.handshakes_max() {
            return Some(HandshakePermit(self.clone()));
        }
        self.handshakes.fetch_sub(1, Ordering::Relaxed);
        None
    }

    fn handshakes_max(&self) -> usize {
        match self.max.load(Ordering::Relaxed) {
            0 => HANDSHAKES_MAX,
            max => (max / CLIENTS_PER_HANDSHAKE).clamp(HANDSHAKES_MIN, HANDSHAKES_MAX),
        }
    }
}

impl HandshakePermit {
    /// Returns the timeout for the handshakes.
    pub(super) fn time_max(&self) -> Duration {
        let is_crowded = self.0.handshakes.load(Ordering::Relaxed) * 2 > self.0.handshakes_max();
        if is_crowded { HANDSHAKE_TIME_MAX_CROWDED } else { HANDSHAKE_TIME_MAX }
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.limits.open.fetch_sub(1, Ordering::Relaxed);
        self.listener.closed();
    }
}

impl Drop for HandshakePermit {
    fn drop(&mut self) {
        self.0.handshakes.fetch_sub(1, Ordering::Relaxed);
        self.0.ended.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(max_clients: usize) -> Arc<ConnectionLimits> {
        let gate = Arc::<ConnectionLimits>::default();
        gate.set_max(max_clients);
        gate
    }

    #[test]
    fn a_quarter_of_max_clients_may_be_in_handshakes() {
        for (max_clients, handshakes) in [(0, 4096), (1, 16), (200, 50), (100_000, 4096)] {
            let gate = gate(max_clients);
            let mut permits = Vec::new();
            while let Some(permit) = gate.try_enter_handshake() {
                permits.push(permit);
            }
            assert_eq!(permits.len(), handshakes, "max-clients: {max_clients}");
            permits.pop();
            assert!(gate.try_enter_handshake().is_some());
        }
    }

    #[test]
    fn a_waiting_handshake_begins_when_another_ends() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let gate = gate(1);
            let mut permits = Vec::new();
            for _ in 0..HANDSHAKES_MIN {
                permits.push(gate.enter_handshake().await);
            }
            assert_eq!(permits[0].time_max(), HANDSHAKE_TIME_MAX_CROWDED);
            let mut next = Box::pin(gate.enter_handshake());
            let now = std::future::poll_fn(|cx| std::task::Poll::Ready(next.as_mut().poll(cx))).await;
            assert!(now.is_pending());
            permits.clear();
            assert_eq!(next.await.time_max(), HANDSHAKE_TIME_MAX);
        });
    }
}

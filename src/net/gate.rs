//! How many connections there may be, and how many of them before their handshakes are done.
//!
//! Invariant: every place that was taken is given back when what took it is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// Handshakes that may be under way at a time, whatever `max-clients` says.
const HANDSHAKES_MAX: usize = 4096;
/// Handshakes that may be under way on a server for few clients.
const HANDSHAKES_MIN: usize = 16;
/// Of how many clients one may be in its handshake.
const CLIENTS_PER_HANDSHAKE: usize = 4;

/// Time for all handshakes of a connection.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// The same while more than half of the places are taken, so that silent clients make room sooner.
const HANDSHAKE_TIME_MAX_CROWDED: Duration = Duration::from_secs(3);

/// Counts connections against `max-clients`, and handshakes against a part of it.
#[derive(Debug, Default)]
pub(super) struct Gate {
    open: AtomicUsize,
    /// 0 is no limit.
    max: AtomicUsize,
    handshakes: AtomicUsize,
    /// A handshake has ended.
    ended: Notify,
}

/// The right to be connected; dropped with the connection.
#[derive(Debug)]
pub(super) struct Permit(Arc<Gate>);

/// The right to shake hands; dropped when the handshakes are over.
#[derive(Debug)]
pub(super) struct HandshakePermit(Arc<Gate>);

impl Gate {
    /// Sets `max-clients`; 0 is no limit.
    pub(super) fn set_max(&self, max_clients: usize) {
        self.max.store(max_clients, Ordering::Relaxed);
        self.ended.notify_waiters();
    }

    /// A place for a connection, if there is one.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Permit> {
        let max = self.max.load(Ordering::Relaxed);
        let before = self.open.fetch_add(1, Ordering::Relaxed);
        let permit = Permit(self.clone());
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
    /// How long the handshakes may take.
    pub(super) fn time_max(&self) -> Duration {
        let is_crowded = self.0.handshakes.load(Ordering::Relaxed) * 2 > self.0.handshakes_max();
        if is_crowded { HANDSHAKE_TIME_MAX_CROWDED } else { HANDSHAKE_TIME_MAX }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
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

    fn gate(max_clients: usize) -> Arc<Gate> {
        let gate = Arc::<Gate>::default();
        gate.set_max(max_clients);
        gate
    }

    #[test]
    fn a_quarter_of_the_clients_may_shake_hands() {
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
    fn a_handshake_that_waits_begins_when_another_ends() {
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

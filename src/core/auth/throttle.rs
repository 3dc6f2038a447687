//! Limits the number of attempts per window, for logins, registrations and OPER.
//!
//! The pacing of commands is elsewhere. Invariant: a window begins with its first attempt and allows no
//! more attempts than its maximum.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The attempts of the current window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    /// When the window began, in milliseconds of the clock passed to [`Throttle::allow`].
    pub start_ms: u64,
    /// The number of attempts since then.
    pub count: u32,
}

impl Throttle {
    /// Counts an attempt if there were fewer than `max` in this window of length `duration`. 0 means no
    /// limit.
    ///
    /// # Errors
    /// The time until the next attempt is allowed. A rejected attempt does not count.
    pub fn allow(&mut self, now_ms: u64, duration: Duration, max: u32) -> Result<(), Duration> {
        if max == 0 {
            return Ok(());
        }
        let elapsed = Duration::from_millis(now_ms.saturating_sub(self.start_ms));
        if self.count == 0 || elapsed >= duration {
            *self = Throttle { start_ms: now_ms, count: 1 };
        } else if self.count >= max {
            return Err(duration - elapsed);
        } else {
            self.count += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_window_has_a_limit() {
        let mut throttle = Throttle::default();
        assert_eq!(throttle.allow(500, SECOND, 2), Ok(()));
        assert_eq!(throttle.allow(700, SECOND, 2), Ok(()));
        assert_eq!(throttle.allow(700, SECOND, 2), Err(Duration::from_millis(800)));
        assert_eq!(throttle.allow(1499, SECOND, 2), Err(Duration::from_millis(1)));
        assert_eq!(throttle.allow(1500, SECOND, 2), Ok(()));
        assert_eq!(throttle, Throttle { start_ms: 1500, count: 1 });
    }

    #[test]
    fn no_limit_and_a_clock_that_was_set_back() {
        let mut throttle = Throttle::default();
        for _ in 0..100 {
            assert_eq!(throttle.allow(0, SECOND, 0), Ok(()));
        }
        assert_eq!(throttle.allow(5000, SECOND, 1), Ok(()));
        assert_eq!(throttle.allow(10, SECOND, 1), Err(SECOND));
    }
}

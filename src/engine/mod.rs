//! The deterministic engine: an [`Event`] goes in with [`Now`], [`Effects`] come out.

pub mod effect;
pub mod event;

pub use effect::{Effect, Effects, Job, Level, Note};
pub use event::{CloseReason, Door, Event, JobAnswer, Line, Now, Ticket};

use crate::config::Config;

/// What the engine needs from outside at birth; the same seed and events give the same bytes.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Random bytes for ids that must not be guessed.
    pub entropy: [u8; 32],
    /// Secret of the host cloaks, kept in the datastore.
    pub cloak_secret: String,
    /// Text of the MOTD file, if there is one.
    pub motd: Option<String>,
}

/// All IRC rules and all state.
#[derive(Debug)]
pub struct Engine {
    config: Box<Config>,
}

impl Engine {
    /// An engine without any user.
    pub fn new(config: Box<Config>, seed: Seed, now: Now) -> Engine {
        let _ = (seed, now);
        Engine { config }
    }

    /// Lets one thing happen; what is to be done about it is appended to `out`.
    pub fn handle(&mut self, now: Now, event: Event<'_>, out: &mut Effects) {
        let _ = (now, event, out, &self.config);
    }

    /// When [`Event::Elapsed`] is due, on the clock of [`Now::mono_ms`].
    pub fn next_deadline_ms(&self) -> Option<u64> {
        None
    }
}

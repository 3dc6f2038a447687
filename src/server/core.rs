//! The interface between the turn loop and an engine.

use std::borrow::Cow;

use crate::engine::{Effects, Engine, Event, Now};

/// Turns events into effects. The server uses the [`Engine`]; socket tests have simpler cores. An event for a
/// session that the core itself has closed can still arrive, and must be ignored: it was in transit.
pub trait Core: Send + 'static {
    /// Handles one event, and appends its effects to `out`.
    fn handle(&mut self, now: Now, event: Event<'_>, out: &mut Effects);

    /// Returns when [`Event::Elapsed`] is due, on the clock of [`Now::mono_ms`].
    fn next_deadline_ms(&self) -> Option<u64>;

    /// Called before the effects of all events so far are applied.
    fn turn_is_over(&mut self) {}

    /// Returns a line of a client as it may be logged.
    fn masked_input<'l>(&self, line: &'l str) -> Cow<'l, str> {
        Cow::Borrowed(line)
    }

    /// Returns a line to a client as it may be logged.
    fn masked_output<'l>(&self, line: &'l str) -> Cow<'l, str> {
        Cow::Borrowed(line)
    }
}

impl Core for Engine {
    fn handle(&mut self, now: Now, event: Event<'_>, out: &mut Effects) {
        Engine::handle(self, now, event, out);
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        Engine::next_deadline_ms(self)
    }

    fn masked_input<'l>(&self, line: &'l str) -> Cow<'l, str> {
        Engine::masked_input(self, line)
    }

    fn masked_output<'l>(&self, line: &'l str) -> Cow<'l, str> {
        Engine::masked_output(self, line)
    }
}

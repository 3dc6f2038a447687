//! What the turn loop needs of an engine.

use std::borrow::Cow;

use crate::engine::{Effects, Engine, Event, Now};

/// Something that turns events into effects. The server has one, the [`Engine`]; socket tests have
/// simpler ones. An event for a session that the core itself has closed may still come and is to be
/// ignored: it was on its way.
pub trait Core: Send + 'static {
    /// Lets one thing happen; what is to be done about it is appended to `out`.
    fn handle(&mut self, now: Now, event: Event<'_>, out: &mut Effects);

    /// When [`Event::Elapsed`] is due, on the clock of [`Now::mono_ms`].
    fn next_deadline_ms(&self) -> Option<u64>;

    /// A line of a client, or to one, as it may be logged.
    fn masked<'l>(&self, line: &'l str) -> Cow<'l, str> {
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

    fn masked<'l>(&self, line: &'l str) -> Cow<'l, str> {
        Engine::masked(self, line)
    }
}

//! The events of a shard that the engine has not handled yet.
//!
//! Not a queue between threads by itself: a shard fills an inbox and hands it over as a whole. Invariant:
//! valid UTF-8 is in a `String`, so that a line is checked only once, in `framing`.

use std::ops::Range;

use crate::engine::{CloseReason, Door, Event, Line};
use crate::state::SessionId;

/// Number of entries at which readers pause until the inbox is handed over.
const ENTRIES_MAX: usize = 4096;
/// Number of bytes at which readers pause until the inbox is handed over.
const BYTES_MAX: usize = 1 << 20;

/// Events of one shard in order, with the bytes of their lines.
#[derive(Debug, Default)]
pub struct Inbox {
    text: String,
    bytes: Vec<u8>,
    entries: Vec<InboxEntry>,
    /// The number of entries that [`Inbox::take_next`] has returned.
    taken: usize,
}

#[derive(Debug)]
struct InboxEntry {
    session: SessionId,
    what: What,
}

#[derive(Debug)]
enum What {
    Accepted(Box<Door>),
    HandshakeDone(Box<Door>),
    Opened(Box<Door>),
    Text(Range<u32>),
    Bytes(Range<u32>),
    Overlong,
    Closed(CloseReason),
    Drained,
    /// The event was returned already.
    Taken,
}

impl Inbox {
    /// Adds [`Event::Accepted`]: a connection with handshakes waits to be admitted.
    pub fn accepted(&mut self, session: SessionId, door: Box<Door>) {
        self.entries.push(InboxEntry { session, what: What::Accepted(door) });
    }

    /// Adds [`Event::HandshakeDone`]: an admitted connection is ready.
    pub fn handshake_done(&mut self, session: SessionId, door: Box<Door>) {
        self.entries.push(InboxEntry { session, what: What::HandshakeDone(door) });
    }

    /// Adds [`Event::Opened`]: a connection that was not admitted before is ready.
    pub fn opened(&mut self, session: SessionId, door: Box<Door>) {
        self.entries.push(InboxEntry { session, what: What::Opened(door) });
    }

    /// Adds [`Event::Received`]: a line arrived.
    pub fn received(&mut self, session: SessionId, line: Line<'_>) {
        let what = match line {
            Line::Text(text) => {
                let start = self.text.len() as u32;
                self.text.push_str(text);
                What::Text(start..self.text.len() as u32)
            }
            Line::Bytes(bytes) => {
                let start = self.bytes.len() as u32;
                self.bytes.extend_from_slice(bytes);
                What::Bytes(start..self.bytes.len() as u32)
            }
            Line::Overlong => What::Overlong,
        };
        self.entries.push(InboxEntry { session, what });
    }

    /// Adds [`Event::Closed`]: a connection has ended.
    pub fn closed(&mut self, session: SessionId, reason: CloseReason) {
        self.entries.push(InboxEntry { session, what: What::Closed(reason) });
    }

    /// Adds [`Event::Drained`]: the output of a held session has drained.
    pub fn drained(&mut self, session: SessionId) {
        self.entries.push(InboxEntry { session, what: What::Drained });
    }

    /// Returns whether all events were returned.
    pub fn is_empty(&self) -> bool {
        self.taken == self.entries.len()
    }

    /// Returns whether readers must pause. Opened and closed connections are added even then, once each.
    pub fn is_full(&self) -> bool {
        self.entries.len() >= ENTRIES_MAX || self.text.len() + self.bytes.len() >= BYTES_MAX
    }

    /// Returns the next event; after the last one, the inbox can be filled again.
    pub fn take_next(&mut self) -> Option<Event<'_>> {
        let Some(entry) = self.entries.get_mut(self.taken) else {
            self.clear();
            return None;
        };
        self.taken += 1;
        let session = entry.session;
        Some(match std::mem::replace(&mut entry.what, What::Taken) {
            What::Accepted(door) => Event::Accepted { session, door },
            What::HandshakeDone(door) => Event::HandshakeDone { session, door },
            What::Opened(door) => Event::Opened { session, door },
            What::Text(at) => {
                let text = &self.text[at.start as usize..at.end as usize];
                Event::Received { session, line: Line::Text(text) }
            }
            What::Bytes(at) => {
                let bytes = &self.bytes[at.start as usize..at.end as usize];
                Event::Received { session, line: Line::Bytes(bytes) }
            }
            What::Overlong | What::Taken => Event::Received { session, line: Line::Overlong },
            What::Closed(reason) => Event::Closed { session, reason },
            What::Drained => Event::Drained { session },
        })
    }

    fn clear(&mut self) {
        self.text.clear();
        self.bytes.clear();
        self.entries.clear();
        self.taken = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_returned_unchanged_and_in_order() {
        let session = SessionId { slot: 3, generation: 1 };
        let mut inbox = Inbox::default();
        for _ in 0..2 {
            inbox.received(session, Line::Text("hé"));
            inbox.received(session, Line::Bytes(b"\xff"));
            inbox.received(session, Line::Overlong);
            inbox.drained(session);
            inbox.closed(session, CloseReason::Hangup);
            let mut seen = Vec::new();
            while let Some(event) = inbox.take_next() {
                seen.push(format!("{event:?}"));
            }
            assert_eq!(seen.len(), 5);
            assert!(seen[0].contains("Text(\"hé\")"), "{seen:?}");
            assert!(seen[1].contains("Bytes([255])"), "{seen:?}");
            assert!(seen[2].contains("Overlong"), "{seen:?}");
            assert!(seen[3].contains("Drained"), "{seen:?}");
            assert!(seen[4].contains("Hangup"), "{seen:?}");
            assert!(inbox.is_empty());
        }
    }

    #[test]
    fn many_lines_or_many_bytes_make_it_full() {
        let session = SessionId { slot: 0, generation: 0 };
        let mut inbox = Inbox::default();
        for _ in 0..ENTRIES_MAX {
            assert!(!inbox.is_full());
            inbox.received(session, Line::Text("x"));
        }
        assert!(inbox.is_full());
        let mut inbox = Inbox::default();
        inbox.received(session, Line::Bytes(&vec![b'x'; BYTES_MAX]));
        assert!(inbox.is_full());
    }
}

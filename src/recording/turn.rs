//! The recorded form of events: the clocks where they change, then each event with the digest of its effects.
//! The last event has no digest if the server crashed during it.

use crate::engine::stored::{Malformed, put_event, take_event};
use crate::engine::{Event, Now};
use crate::state::codec::{put, take};

/// Begins the clocks of the events that follow. No event begins like this.
const CLOCKS: u8 = 0;

/// Events that will be written to the file.
#[derive(Debug, Default)]
pub struct TurnBuffer {
    bytes: Vec<u8>,
    /// The clocks of the last event in the buffer; the events of a turn share theirs.
    now: Option<Now>,
}

impl TurnBuffer {
    /// Adds an event that is about to happen.
    pub fn event(&mut self, now: Now, event: &Event<'_>) {
        if self.now != Some(now) {
            self.now = Some(now);
            self.bytes.push(CLOCKS);
            put(&mut self.bytes, &now);
        }
        put_event(&mut self.bytes, event);
    }

    /// Adds the digest of the effects of the last event.
    pub fn digest(&mut self, digest: u32) {
        self.bytes.extend_from_slice(&digest.to_le_bytes());
    }

    /// Returns the length in bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns whether the buffer is empty.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Removes and returns the bytes, which can be read by themselves.
    pub fn take(&mut self) -> Vec<u8> {
        self.now = None;
        let next = Vec::with_capacity(self.bytes.len());
        std::mem::replace(&mut self.bytes, next)
    }
}

/// A recorded event.
#[derive(Debug)]
pub struct Recorded<'b> {
    /// The time of the event.
    pub now: Now,
    /// The event.
    pub event: Event<'b>,
    /// The digest of its effects; `None` if the server crashed during the event.
    pub digest: Option<u32>,
}

/// Returns the events in the bytes of a buffer.
pub fn turn_events(mut bytes: &[u8]) -> impl Iterator<Item = Result<Recorded<'_>, Malformed>> {
    let mut clocks = None;
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let read = read_one(&mut bytes, &mut clocks);
        if read.is_err() {
            bytes = &[];
        }
        Some(read)
    })
}

fn read_one<'b>(bytes: &mut &'b [u8], clocks: &mut Option<Now>) -> Result<Recorded<'b>, Malformed> {
    if let [CLOCKS, rest @ ..] = *bytes {
        *bytes = rest;
        *clocks = Some(take(bytes)?);
    }
    let now = clocks.ok_or_else(|| Malformed("expected the clocks".into()))?;
    let event = take_event(bytes)?;
    if bytes.is_empty() {
        return Ok(Recorded { now, event, digest: None });
    }
    let (digest, rest) = bytes.split_first_chunk().ok_or_else(|| Malformed("truncated digest".into()))?;
    *bytes = rest;
    Ok(Recorded { now, event, digest: Some(u32::from_le_bytes(*digest)) })
}

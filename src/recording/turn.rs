//! The recorded form of a turn's events: each with its clocks, then the digest of its effects.

use crate::engine::stored::{Malformed, put_event, take_event};
use crate::engine::{Event, Now};
use crate::state::codec::{put, take};

const EVENT: u8 = 1;
const DIGEST: u8 = 2;

/// Events that will be written to the file.
#[derive(Debug, Default)]
pub struct TurnBuffer(Vec<u8>);

impl TurnBuffer {
    /// Adds an event that is about to happen.
    pub fn event(&mut self, now: Now, event: &Event<'_>) {
        self.0.push(EVENT);
        put(&mut self.0, &now);
        put_event(&mut self.0, event);
    }

    /// Adds the digest of the effects of the last event.
    pub fn digest(&mut self, digest: u32) {
        self.0.push(DIGEST);
        self.0.extend_from_slice(&digest.to_le_bytes());
    }

    /// Returns the length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the buffer is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes and returns the bytes.
    pub fn take(&mut self) -> Vec<u8> {
        let next = Vec::with_capacity(self.0.len());
        std::mem::replace(&mut self.0, next)
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

/// Returns the events in the bytes of a turn.
pub fn turn_events(mut bytes: &[u8]) -> impl Iterator<Item = Result<Recorded<'_>, Malformed>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let read = read_one(&mut bytes);
        if read.is_err() {
            bytes = &[];
        }
        Some(read)
    })
}

fn read_one<'b>(bytes: &mut &'b [u8]) -> Result<Recorded<'b>, Malformed> {
    if take::<u8>(bytes)? != EVENT {
        return Err(Malformed("expected an event".into()));
    }
    let (now, event) = (take(bytes)?, take_event(bytes)?);
    let digest = match *bytes {
        [DIGEST, rest @ ..] => {
            let (digest, rest) =
                rest.split_first_chunk().ok_or_else(|| Malformed("truncated digest".into()))?;
            *bytes = rest;
            Some(u32::from_le_bytes(*digest))
        }
        _ => None,
    };
    Ok(Recorded { now, event, digest })
}

//! Encodes and decodes events. Decoded lines are not copied.

use crate::engine::border::{Event, Texts};
use crate::state::codec::{Malformed, put, take};

const OPENED: u8 = 1;
const RECEIVED: u8 = 2;
const CLOSED: u8 = 3;
const DRAINED: u8 = 4;
const ANSWERED: u8 = 5;
const ELAPSED: u8 = 6;
const RECONFIGURED: u8 = 7;
const STORE_CHANGED: u8 = 8;
const STOPPING: u8 = 9;
const ACCEPTED: u8 = 10;
const HANDSHAKE_DONE: u8 = 11;
const CALLED: u8 = 12;

/// Appends an event. A configuration is written as its document.
pub fn put_event(out: &mut Vec<u8>, event: &Event<'_>) {
    match event {
        Event::Accepted { session, door } => {
            out.push(ACCEPTED);
            put(out, &(session, door));
        }
        Event::HandshakeDone { session, door } => {
            out.push(HANDSHAKE_DONE);
            put(out, &(session, door));
        }
        Event::Opened { session, door } => {
            out.push(OPENED);
            put(out, &(session, door));
        }
        Event::Received { session, line } => {
            out.push(RECEIVED);
            put(out, &(session, line));
        }
        Event::Closed { session, reason } => {
            out.push(CLOSED);
            put(out, &(session, reason));
        }
        Event::Drained { session } => {
            out.push(DRAINED);
            put(out, session);
        }
        Event::Answered { ticket, answer } => {
            out.push(ANSWERED);
            put(out, &(ticket, answer));
        }
        Event::Called { id, by, call } => {
            out.push(CALLED);
            put(out, &(id, by, call));
        }
        Event::Elapsed => out.push(ELAPSED),
        Event::Reconfigured { config: _, texts } => {
            out.push(RECONFIGURED);
            put(out, texts);
        }
        Event::StoreChanged { writable } => {
            out.push(STORE_CHANGED);
            put(out, writable);
        }
        Event::Stopping { reason } => {
            out.push(STOPPING);
            put(out, reason);
        }
    }
}

/// Decodes an event from the front of `bytes`, which it shortens.
///
/// # Errors
/// If the bytes are not an event, or contain a configuration that this version does not accept.
pub fn take_event<'b>(bytes: &mut &'b [u8]) -> Result<Event<'b>, Malformed> {
    Ok(match take(bytes)? {
        ACCEPTED => {
            let (session, door) = take(bytes)?;
            Event::Accepted { session, door }
        }
        HANDSHAKE_DONE => {
            let (session, door) = take(bytes)?;
            Event::HandshakeDone { session, door }
        }
        OPENED => {
            let (session, door) = take(bytes)?;
            Event::Opened { session, door }
        }
        RECEIVED => {
            let (session, line) = take(bytes)?;
            Event::Received { session, line }
        }
        CLOSED => {
            let (session, reason) = take(bytes)?;
            Event::Closed { session, reason }
        }
        DRAINED => Event::Drained { session: take(bytes)? },
        ANSWERED => {
            let (ticket, answer) = take(bytes)?;
            Event::Answered { ticket, answer }
        }
        CALLED => {
            let (id, by, call) = take(bytes)?;
            Event::Called { id, by, call }
        }
        ELAPSED => Event::Elapsed,
        RECONFIGURED => {
            let texts: Box<Texts> = take(bytes)?;
            let config = Box::new(super::read_config(&texts.document)?);
            Event::Reconfigured { config, texts }
        }
        STORE_CHANGED => Event::StoreChanged { writable: take(bytes)? },
        STOPPING => Event::Stopping { reason: take(bytes)? },
        kind => return Err(Malformed(format!("an event of kind {kind}"))),
    })
}

//! Sends multiline messages: as one batch to clients that know them, line by line to the others
//! (draft/multiline, "Fallback").
//!
//! Choosing recipients and rendering lines is left to others.

use crate::wire::multiline::lines;
use crate::wire::{Body, Cap, Caps, Origin, Outgoing, Part, Text};

/// The type of batch that contains a multiline message.
pub const BATCH_TYPE: &str = "draft/multiline";

/// The capabilities that a client needs to receive a multiline message as a batch.
pub const BATCHED: Caps = Caps::of(Cap::Multiline).with(Cap::Batch);

/// Calls `send` for each line that a client with these capabilities receives for a message; once, with
/// `message` itself, if it has one line.
pub fn each_line(message: &Outgoing<'_>, caps: Caps, mut send: impl FnMut(&Outgoing<'_>)) {
    let Body::Command { verb, params, text: Text::Lines(text) } = &message.body else { return send(message) };
    match (&message.origin.msgid, caps.contains(BATCHED)) {
        (Some(id), true) => as_batch(message, verb, params, text, id.as_str(), send),
        _ => as_lines(message, verb, params, text, send),
    }
}

/// Sends the lines as a batch. Its reference is the message's id, which is unique.
fn as_batch(
    message: &Outgoing<'_>,
    verb: &str,
    params: &[&str],
    text: &str,
    reference: &str,
    mut send: impl FnMut(&Outgoing<'_>),
) {
    let (start, end) = (format!("+{reference}"), format!("-{reference}"));
    let command = |verb, params, text| Body::Command { verb, params, text };
    let mut opening = vec![start.as_str(), BATCH_TYPE];
    opening.extend_from_slice(params);
    send(&Outgoing { body: command("BATCH", &opening, Text::None), ..message.clone() });
    for line in lines(text) {
        let part = Part { batch: reference, concat: line.concat };
        let origin = Origin { part: Some(part), ..Origin::default() };
        send(&Outgoing { body: command(verb, params, Text::Plain(line.text)), origin, ..message.clone() });
    }
    let origin = Origin::default();
    send(&Outgoing { body: command("BATCH", &[&end], Text::None), origin, ..message.clone() });
}

/// Sends the lines one by one. Blank lines are skipped, and only the first line sent has the id.
fn as_lines(
    message: &Outgoing<'_>,
    verb: &str,
    params: &[&str],
    text: &str,
    mut send: impl FnMut(&Outgoing<'_>),
) {
    let mut origin = message.origin;
    for line in lines(text).filter(|line| !line.text.is_empty()) {
        let body = Body::Command { verb, params, text: Text::Plain(line.text) };
        send(&Outgoing { body, origin, ..message.clone() });
        origin.msgid = None;
    }
}

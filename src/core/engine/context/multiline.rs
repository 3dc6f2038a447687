//! How a message of several lines goes out: as one batch to those who know such messages, line by line to the
//! others (draft/multiline, "Fallback").
//!
//! Not who gets it, nor how a line looks.

use crate::wire::multiline::lines;
use crate::wire::{Body, Cap, Caps, Origin, Outgoing, Part, Text};

/// The type of the batch.
pub const BATCH_TYPE: &str = "draft/multiline";

/// What a client needs in order to get a message as a batch.
pub const BATCHED: Caps = Caps::of(Cap::Multiline).with(Cap::Batch);

/// The lines by which a message reaches a client with these capabilities; `message` itself if it is one line.
pub fn each_line(message: &Outgoing<'_>, caps: Caps, mut say: impl FnMut(&Outgoing<'_>)) {
    let Body::Command { verb, params, text: Text::Lines(text) } = &message.body else { return say(message) };
    match (&message.origin.msgid, caps.contains(BATCHED)) {
        (Some(id), true) => as_batch(message, verb, params, text, id.as_str(), say),
        _ => as_lines(message, verb, params, text, say),
    }
}

/// The message's id serves as the reference: no two messages have the same.
fn as_batch(
    message: &Outgoing<'_>,
    verb: &str,
    params: &[&str],
    text: &str,
    reference: &str,
    mut say: impl FnMut(&Outgoing<'_>),
) {
    let (start, end) = (format!("+{reference}"), format!("-{reference}"));
    let command = |verb, params, text| Body::Command { verb, params, text };
    let mut opening = vec![start.as_str(), BATCH_TYPE];
    opening.extend_from_slice(params);
    say(&Outgoing { body: command("BATCH", &opening, Text::None), ..message.clone() });
    for line in lines(text) {
        let part = Part { batch: reference, concat: line.concat };
        let origin = Origin { part: Some(part), ..Origin::default() };
        say(&Outgoing { body: command(verb, params, Text::Plain(line.text)), origin, ..message.clone() });
    }
    let origin = Origin::default();
    say(&Outgoing { body: command("BATCH", &[&end], Text::None), origin, ..message.clone() });
}

/// Blank lines are left out, and only the first of the others has the id.
fn as_lines(
    message: &Outgoing<'_>,
    verb: &str,
    params: &[&str],
    text: &str,
    mut say: impl FnMut(&Outgoing<'_>),
) {
    let mut origin = message.origin;
    for line in lines(text).filter(|line| !line.text.is_empty()) {
        let body = Body::Command { verb, params, text: Text::Plain(line.text) };
        say(&Outgoing { body, origin, ..message.clone() });
        origin.msgid = None;
    }
}

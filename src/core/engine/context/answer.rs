//! The answer to one command: the lines for the session that sent it.
//!
//! Without a label, lines are sent immediately. With one, they are kept until the command is done, because
//! only then is it known whether they need an ACK, a tag or a batch (labeled-response). A long answer opens
//! the batch early.

use serde::{Deserialize, Serialize};

use crate::engine::border::{Effects, Span};
use crate::state::SessionId;
use crate::wire::message::escape;
use crate::wire::{Body, Outgoing};

/// The answer: lines that are kept, and the batches that are open.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    /// `None` if no session caused the event.
    session: Option<SessionId>,
    /// All lines are discarded, because nothing can be sent to the session.
    mute: bool,
    /// The session is closed once the answer is complete.
    closes: bool,
    label: Option<String>,
    kept: Vec<KeptLine>,
    /// The batch around all lines, once it is open.
    outer: Option<String>,
    /// The `batch=` tags of the batches that the command has open inside its answer, the innermost last.
    inner: Vec<String>,
    /// The whole answer is one inner batch.
    one_batch: bool,
    /// Bytes sent and not yet taken by [`Answer::take_said`].
    said_bytes: usize,
}

/// The tag that puts a line into a batch, up to the reference.
const BATCH_TAG: &str = "batch=";

/// The role of a line in the batches of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is inside the batches that are open.
    Plain,
    /// It opens a batch.
    Opens,
    /// It is inside a batch that it names itself.
    Part,
}

impl Role {
    /// Returns the role of a line.
    pub fn of(line: &Outgoing<'_>) -> Role {
        match &line.body {
            _ if line.origin.part.is_some() => Role::Part,
            Body::Command { verb: "BATCH", params: [start, ..], .. } if start.starts_with('+') => Role::Opens,
            _ => Role::Plain,
        }
    }
}

/// A line with its tags, but without the label and the tag of the outer batch.
#[derive(Debug, Serialize, Deserialize)]
struct KeptLine {
    line: Vec<u8>,
    /// It is inside an inner batch, whose reference it already carries.
    inner: bool,
    /// It opens an inner batch.
    opens: bool,
}

impl Answer {
    /// Starts an answer to a session; `label` is the unescaped value of the tag.
    pub fn new(session: SessionId, label: Option<&str>) -> Answer {
        let escaped = |label: &str| {
            let mut bytes = b"label=".to_vec();
            escape(label, &mut bytes);
            String::from_utf8(bytes).expect("escaping keeps UTF-8")
        };
        Answer::under(session, label.map(escaped))
    }

    /// Starts an answer under a label that was deferred ([`Answer::defer_label`]).
    pub fn under(session: SessionId, label: Option<String>) -> Answer {
        let (kept, inner) = (Vec::new(), Vec::new());
        Answer {
            session: Some(session),
            mute: false,
            closes: false,
            label,
            kept,
            outer: None,
            inner,
            one_batch: false,
            said_bytes: 0,
        }
    }

    /// Takes the label out: the command is not complete and will be answered under it later.
    pub fn defer_label(&mut self) -> Option<String> {
        self.label.take()
    }

    /// Starts an answer whose lines are discarded.
    pub fn discarded(session: SessionId) -> Answer {
        Answer { mute: true, ..Answer::new(session, None) }
    }

    /// Starts an answer for an event that no session caused; its lines are discarded.
    pub fn none() -> Answer {
        let (kept, inner) = (Vec::new(), Vec::new());
        Answer {
            session: None,
            mute: true,
            closes: false,
            label: None,
            kept,
            outer: None,
            inner,
            one_batch: false,
            said_bytes: 0,
        }
    }

    /// Returns the session that is answered.
    pub fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// Makes the session close once the answer is complete.
    pub fn close(&mut self) {
        self.closes = true;
    }

    /// Returns whether the session closes once the answer is complete.
    pub fn closes(&self) -> bool {
        self.closes
    }

    /// Returns the number of bytes that are kept until the command is done.
    pub fn kept_bytes(&self) -> usize {
        self.kept.iter().map(|kept| kept.line.len()).sum()
    }

    /// Returns the number of bytes sent and not yet taken by [`Answer::take_said`].
    pub fn said_bytes(&self) -> usize {
        self.said_bytes
    }

    /// Takes the number of bytes sent since the last call.
    pub fn take_said(&mut self) -> usize {
        std::mem::take(&mut self.said_bytes)
    }

    /// Returns whether the command has a batch open inside its answer.
    pub fn is_in_batch(&self) -> bool {
        !self.inner.is_empty()
    }

    /// Enters a batch that the last line opened: further lines are inside it.
    pub fn enter_batch(&mut self, reference: &str) {
        self.inner.push(format!("{BATCH_TAG}{reference}"));
    }

    /// Declares that the batch entered last is the whole answer: it needs no outer batch, however long it
    /// becomes.
    pub fn mark_one_batch(&mut self) {
        self.one_batch = true;
    }

    /// Leaves the innermost batch and returns its reference. The line that closes it is outside the batch.
    pub fn leave_batch(&mut self) -> Option<String> {
        self.inner.pop().map(|mut tag| tag.split_off(BATCH_TAG.len()))
    }

    /// Adds a line; `write` renders it with the tag of the inner batch, which is empty if none is open.
    pub fn add(&mut self, out: &mut Effects, role: Role, write: impl FnOnce(&mut Vec<u8>, &str)) {
        if self.mute {
            return;
        }
        // A part names its own batch.
        let open = if role == Role::Part { None } else { self.inner.last() };
        let tag = open.map_or("", String::as_str);
        if self.label.is_none() && self.outer.is_none() {
            let line = out.add_line(|bytes| write(bytes, tag));
            self.send(out, line);
            return;
        }
        let mut line = Vec::new();
        write(&mut line, tag);
        let inner = role == Role::Part || !self.inner.is_empty();
        let kept = KeptLine { line, inner, opens: role == Role::Opens };
        match &self.outer {
            Some(outer) => {
                let tag = format!("{BATCH_TAG}{outer}");
                self.emit(out, &kept, &tag);
            }
            None => self.kept.push(kept),
        }
    }

    /// Ends the answer. `reference` returns a new batch reference if one is needed; `server` is the server's
    /// name. Returns the number of bytes sent since the last [`Answer::take_said`].
    pub fn finish(mut self, out: &mut Effects, server: &str, reference: impl FnOnce() -> String) -> usize {
        if self.mute {
            return 0;
        }
        if self.label.is_some() {
            match self.kept.as_slice() {
                [] => {
                    let label = self.label.take().unwrap_or_default();
                    self.raw(out, &format!("@{label} :{server} ACK"));
                }
                [_] => self.emit_kept(out),
                lines if is_one_inner_batch(lines) => self.emit_kept(out),
                _ => self.open_outer(out, server, reference),
            }
        }
        if let Some(outer) = &self.outer {
            let end = format!(":{server} BATCH -{outer}");
            self.raw(out, &end);
        }
        self.said_bytes
    }

    /// Sends the kept lines, with the label on the first one.
    fn emit_kept(&mut self, out: &mut Effects) {
        let label = self.label.take().unwrap_or_default();
        for (at, line) in std::mem::take(&mut self.kept).into_iter().enumerate() {
            self.emit(out, &line, if at == 0 { &label } else { "" });
        }
    }

    /// Sends the kept lines in a batch that stays open, because the answer continues later.
    pub fn open_outer(&mut self, out: &mut Effects, server: &str, reference: impl FnOnce() -> String) {
        if self.one_batch && self.label.is_some() {
            // The label goes on the batch itself.
            return self.emit_kept(out);
        }
        let Some(label) = self.label.take() else { return };
        let outer = reference();
        self.raw(out, &format!("@{label} :{server} BATCH +{outer} labeled-response"));
        let tag = format!("{BATCH_TAG}{outer}");
        for line in std::mem::take(&mut self.kept) {
            self.emit(out, &line, &tag);
        }
        self.outer = Some(outer);
    }

    fn raw(&mut self, out: &mut Effects, text: &str) {
        let line = out.add_line(|bytes| bytes.extend_from_slice(text.as_bytes()));
        self.send(out, line);
    }

    /// Sends a kept line with an additional tag.
    fn emit(&mut self, out: &mut Effects, kept: &KeptLine, tag: &str) {
        let line = out.add_line(|bytes| write_tagged(bytes, kept, tag));
        self.send(out, line);
    }

    #[inline]
    fn send(&mut self, out: &mut Effects, line: Span) {
        let Some(session) = self.session else { return };
        self.said_bytes += line.len();
        out.answer(session, line);
    }
}

/// Returns whether the whole answer is one inner batch: its start, its lines, its end. Then the label goes on
/// the batch itself.
fn is_one_inner_batch(lines: &[KeptLine]) -> bool {
    let [first, between @ .., last] = lines else { return false };
    first.opens && !first.inner && between.iter().all(|line| line.inner) && !last.inner && !last.opens
}

/// Writes a line with an additional tag before its own; lines of an inner batch are written unchanged.
fn write_tagged(bytes: &mut Vec<u8>, kept: &KeptLine, tag: &str) {
    if kept.inner || tag.is_empty() {
        bytes.extend_from_slice(&kept.line);
        return;
    }
    bytes.push(b'@');
    bytes.extend_from_slice(tag.as_bytes());
    match kept.line.strip_prefix(b"@") {
        Some(tagged) => {
            bytes.push(b';');
            bytes.extend_from_slice(tagged);
        }
        None => {
            bytes.push(b' ');
            bytes.extend_from_slice(&kept.line);
        }
    }
}

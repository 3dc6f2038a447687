//! The answer to one command: what goes back to the session that sent it.
//!
//! Without a label lines go straight out. With one they are kept until the command is over, since
//! only then it is known whether they need an ACK, a tag or a batch (labeled-response); a long answer
//! opens the batch early.

use serde::{Deserialize, Serialize};

use crate::engine::border::{Effects, Span};
use crate::state::SessionId;
use crate::wire::message::escape;
use crate::wire::{Body, Outgoing};

/// What to do with the lines that go back.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    /// `None` where no session caused what happens.
    session: Option<SessionId>,
    /// The session is gone: nothing can be sent.
    mute: bool,
    /// The session is to be closed once the answer is complete.
    closes: bool,
    label: Option<String>,
    kept: Vec<KeptLine>,
    /// The batch around all lines, once it is open.
    outer: Option<String>,
    /// The batches that a command has open inside its answer, the innermost last.
    inner: Vec<String>,
    /// The inner batch is all that there is to come.
    one_batch: bool,
    /// Bytes sent and not yet taken by [`Answer::take_said`].
    said_bytes: usize,
}

/// What a line of the answer is to its batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One like others.
    Plain,
    /// It opens one.
    Opens,
    /// It is inside one that it names itself.
    Part,
}

impl Role {
    /// What this line is.
    pub fn of(line: &Outgoing<'_>) -> Role {
        match &line.body {
            _ if line.origin.part.is_some() => Role::Part,
            Body::Command { verb: "BATCH", params: [start, ..], .. } if start.starts_with('+') => Role::Opens,
            _ => Role::Plain,
        }
    }
}

/// A line with its tags but without label or outer batch.
#[derive(Debug, Serialize, Deserialize)]
struct KeptLine {
    line: Vec<u8>,
    /// It is inside an inner batch, whose reference it carries already.
    inner: bool,
    /// It opens an inner batch.
    opens: bool,
}

impl Answer {
    /// An answer for a session; `label` is the unescaped value of the tag.
    pub fn new(session: SessionId, label: Option<&str>) -> Answer {
        let escaped = |label: &str| {
            let mut bytes = b"label=".to_vec();
            escape(label, &mut bytes);
            String::from_utf8(bytes).expect("escaping keeps UTF-8")
        };
        Answer::under(session, label.map(escaped))
    }

    /// An answer under a label that was put off ([`Answer::defer_label`]).
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

    /// Takes the label away: what it belongs to is not complete, and will be answered under it later.
    pub fn defer_label(&mut self) -> Option<String> {
        self.label.take()
    }

    /// An answer that nobody hears.
    pub fn discarded(session: SessionId) -> Answer {
        Answer { mute: true, ..Answer::new(session, None) }
    }

    /// The answer to what no session caused.
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

    /// The session that is answered.
    pub fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// Has the session closed once the answer is complete.
    pub fn close(&mut self) {
        self.closes = true;
    }

    /// Whether the session is to be closed.
    pub fn closes(&self) -> bool {
        self.closes
    }

    /// Bytes that wait for the command to be over.
    pub fn kept_bytes(&self) -> usize {
        self.kept.iter().map(|kept| kept.line.len()).sum()
    }

    /// Bytes sent and not yet taken by [`Answer::take_said`].
    pub fn said_bytes(&self) -> usize {
        self.said_bytes
    }

    /// Takes the number of bytes sent since the last call.
    pub fn take_said(&mut self) -> usize {
        std::mem::take(&mut self.said_bytes)
    }

    /// The `batch=` tag of the inner batch that is open.
    pub fn inner_tag(&self) -> Option<String> {
        self.inner.last().map(|reference| format!("batch={reference}"))
    }

    /// The line added last opened a batch: lines from now on are inside it.
    pub fn enter_batch(&mut self, reference: String) {
        self.inner.push(reference);
    }

    /// The batch that was entered last is the whole answer: it needs no other around it, however long it becomes.
    pub fn is_one_batch(&mut self) {
        self.one_batch = true;
    }

    /// Leaves the innermost batch: the line that closes it is outside. Returns its reference.
    pub fn leave_batch(&mut self) -> Option<String> {
        self.inner.pop()
    }

    /// Adds a line; `write` renders it with the inner batch's tag, if one is open.
    pub fn add(&mut self, out: &mut Effects, role: Role, write: impl FnOnce(&mut Vec<u8>)) {
        if self.mute {
            return;
        }
        if self.label.is_none() && self.outer.is_none() {
            let line = out.add_line(write);
            self.send(out, line);
            return;
        }
        let mut line = Vec::new();
        write(&mut line);
        let inner = role == Role::Part || !self.inner.is_empty();
        let kept = KeptLine { line, inner, opens: role == Role::Opens };
        match &self.outer {
            Some(outer) => {
                let tag = format!("batch={outer}");
                self.emit(out, &kept, &tag);
            }
            None => self.kept.push(kept),
        }
    }

    /// Ends the answer. `reference` gives a fresh batch reference, should one be needed; `server` is
    /// the server's name. Returns what [`Answer::take_said`] would.
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

    /// Sends what is kept, with the label on its first line.
    fn emit_kept(&mut self, out: &mut Effects) {
        let label = self.label.take().unwrap_or_default();
        for (at, line) in std::mem::take(&mut self.kept).into_iter().enumerate() {
            self.emit(out, &line, if at == 0 { &label } else { "" });
        }
    }

    /// Sends what is kept, because the answer will go on later.
    pub fn open_outer(&mut self, out: &mut Effects, server: &str, reference: impl FnOnce() -> String) {
        if self.one_batch && self.label.is_some() {
            // The label goes on the batch itself.
            return self.emit_kept(out);
        }
        let Some(label) = self.label.take() else { return };
        let outer = reference();
        self.raw(out, &format!("@{label} :{server} BATCH +{outer} labeled-response"));
        let tag = format!("batch={outer}");
        for line in std::mem::take(&mut self.kept) {
            self.emit(out, &line, &tag);
        }
        self.outer = Some(outer);
    }

    fn raw(&mut self, out: &mut Effects, text: &str) {
        let line = out.add_line(|bytes| bytes.extend_from_slice(text.as_bytes()));
        self.send(out, line);
    }

    /// Sends a kept line with one more tag.
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

/// Whether the whole answer is one inner batch: its start, its lines, its end. Then the label goes on
/// the batch itself.
fn is_one_inner_batch(lines: &[KeptLine]) -> bool {
    let [first, between @ .., last] = lines else { return false };
    first.opens && !first.inner && between.iter().all(|line| line.inner) && !last.inner && !last.opens
}

/// Writes a line with one more tag in front of its own; lines of an inner batch stay as they are.
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

//! A message of several lines that a session is still sending (draft/multiline).

use serde::{Deserialize, Serialize};

use super::fact::SpeechKind;
use crate::wire::multiline::Lines;

/// A batch that a client has opened and not closed. Bounded by `limits.multiline`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenBatch {
    /// What the client calls it.
    pub reference: Box<str>,
    /// Its recipient.
    pub target: Box<str>,
    /// The tag with the label under which it will be answered.
    pub label: Option<String>,
    /// Client-only tags, escaped, separated by `;`.
    pub client_tags: Box<str>,
    /// When it was opened, milliseconds of the clock that never jumps.
    pub opened_mono_ms: u64,
    /// How it is said; known with the first line.
    pub kind: Option<SpeechKind>,
    /// The lines so far.
    pub lines: Lines,
    /// Something was wrong with it: what still comes of it is ignored.
    pub failed: bool,
}

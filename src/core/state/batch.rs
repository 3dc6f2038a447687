//! A multiline message that a session is still sending (draft/multiline).

use serde::{Deserialize, Serialize};

use super::fact::SpeechKind;
use crate::wire::multiline::Lines;

/// A batch that a client has opened but not closed. Its size is limited by `limits.multiline`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenBatch {
    /// The client's reference.
    pub reference: Box<str>,
    /// The target of the message.
    pub target: Box<str>,
    /// The label tag for the reply.
    pub label: Option<String>,
    /// Client-only tags, escaped, separated by `;`.
    pub client_tags: Box<str>,
    /// When it was opened, in milliseconds on the monotonic clock.
    pub opened_mono_ms: u64,
    /// The command of its lines, once the first one has arrived.
    pub kind: Option<SpeechKind>,
    /// The lines so far.
    pub lines: Lines,
    /// Whether it was rejected; further lines are ignored.
    pub failed: bool,
}

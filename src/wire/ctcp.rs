//! CTCP: what programs ask of each other within messages.

use super::multiline::{Line, lines};

/// Whether a text, or a line of it, is a CTCP other than ACTION.
pub fn is_ctcp(text: &str) -> bool {
    let is_ctcp = |line: Line<'_>| {
        let ctcp = line.text.strip_prefix('\x01');
        ctcp.is_some_and(|ctcp| ctcp.split([' ', '\x01']).next() != Some("ACTION"))
    };
    lines(text).any(is_ctcp)
}

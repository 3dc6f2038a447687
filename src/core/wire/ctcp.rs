//! CTCP: requests and replies that clients embed in messages.

use super::multiline::{Line, lines};

/// Returns whether a text, or one of its lines, is a CTCP other than ACTION.
pub fn is_ctcp(text: &str) -> bool {
    let is_ctcp = |line: Line<'_>| {
        let ctcp = line.text.strip_prefix('\x01');
        ctcp.is_some_and(|ctcp| ctcp.split([' ', '\x01']).next() != Some("ACTION"))
    };
    lines(text).any(is_ctcp)
}

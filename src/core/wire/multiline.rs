//! Multiline messages (draft/multiline) as one text: each line except the first follows a line feed, or a
//! carriage return if it continues the previous line without a break (`draft/multiline-concat`).
//!
//! A line can contain neither, so the text can be split again; a text without them is one line. History
//! stores this form, too. [`super::outgoing`] renders the lines.

use serde::{Deserialize, Serialize};

const BREAK: char = '\n';
const CONCAT: char = '\r';

/// A line of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The text, possibly empty.
    pub text: &'a str,
    /// Whether it continues the previous line without a break.
    pub concat: bool,
}

/// A multiline text that is being assembled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    joined: String,
    count: usize,
    bytes: usize,
    is_blank: bool,
}

impl Lines {
    /// Returns a text without lines.
    pub fn new() -> Lines {
        Lines { is_blank: true, ..Lines::default() }
    }

    /// Adds a line without its ending. `concat` has no effect on the first line.
    pub fn push(&mut self, line: Line<'_>) {
        debug_assert!(!is_several(line.text), "a line has no line break");
        self.bytes = self.bytes_with(line);
        if self.count > 0 {
            self.joined.push(if line.concat { CONCAT } else { BREAK });
        }
        self.joined.push_str(line.text);
        self.count += 1;
        self.is_blank &= line.text.is_empty();
    }

    /// Returns the number of lines.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the length of the message in bytes, with one for each line break.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the value of [`Lines::bytes`] with one more line.
    pub fn bytes_with(&self, line: Line<'_>) -> usize {
        self.bytes + usize::from(self.count > 0 && !line.concat) + line.text.len()
    }

    /// Returns whether all lines are empty.
    pub fn is_blank(&self) -> bool {
        self.is_blank
    }

    /// Returns all lines as one text.
    pub fn as_str(&self) -> &str {
        &self.joined
    }
}

/// Returns whether a text has several lines.
pub fn is_several(text: &str) -> bool {
    memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_some()
}

/// Iterates over the lines of a text, at least one.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut rest = Some((text, false));
    std::iter::from_fn(move || {
        let (text, concat) = rest.take()?;
        let end = memchr::memchr2(b'\n', b'\r', text.as_bytes()).unwrap_or(text.len());
        rest = text[end..].chars().next().map(|mark| (&text[end + 1..], mark == CONCAT));
        Some(Line { text: &text[..end], concat })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn joined(given: &[(&str, bool)]) -> Lines {
        let mut lines = Lines::new();
        given.iter().for_each(|&(text, concat)| lines.push(Line { text, concat }));
        lines
    }

    #[test]
    fn the_length_includes_line_breaks() {
        let message = joined(&[("hello", false), ("", false), ("how is ", false), ("everyone?", true)]);
        assert_eq!(message.as_str(), "hello\n\nhow is \reveryone?");
        assert_eq!((message.count(), message.bytes()), (4, "hello\n\nhow is everyone?".len()));
        assert!(!message.is_blank() && is_several(message.as_str()));
    }

    #[test]
    fn a_single_line_is_stored_unchanged() {
        let message = joined(&[("hello", true)]);
        assert_eq!(message.as_str(), "hello");
        assert!(!is_several(message.as_str()));
        assert_eq!(lines("hello").collect::<Vec<_>>(), [Line { text: "hello", concat: false }]);
        assert_eq!(lines("").count(), 1);
        assert!(joined(&[("", false), ("", false)]).is_blank());
    }

    proptest! {
        #[test]
        fn a_text_splits_into_the_lines_it_was_made_of(
            given in prop::collection::vec(("[^\r\n]{0,5}", any::<bool>()), 1..6),
        ) {
            let mut message = Lines::new();
            given.iter().for_each(|(text, concat)| message.push(Line { text, concat: *concat }));
            let found: Vec<(&str, bool)> = lines(message.as_str()).map(|l| (l.text, l.concat)).collect();
            let mut wanted: Vec<(&str, bool)> = given.iter().map(|(t, c)| (t.as_str(), *c)).collect();
            wanted[0].1 = false;
            prop_assert_eq!(found, wanted);
        }
    }
}

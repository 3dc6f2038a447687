//! Splits a stream of bytes into lines. Invariant: between two reads, only the beginning of one line is kept,
//! never more than the line limit, and nothing if the last byte ended a line.

use memchr::memchr;

use crate::engine::Line;

/// Size of message tags, with the leading `@` and the trailing space, that a server must accept (message-tags
/// specification).
const TAGS_BYTES_MAX: usize = 8191;
/// Margin above the limits, so that the engine can answer 417 to a line that is only a little too long.
const SLACK_BYTES: usize = 1024;

/// Number of empty lines, or WebSocket frames without a message, that count as one line.
const BLANKS_PER_LINE: u8 = 64;

/// Returns the maximum length of a line that the engine gets, for a `max-line-len`.
pub(super) fn line_bytes_max(max_line_len: usize) -> usize {
    TAGS_BYTES_MAX + max_line_len + SLACK_BYTES
}

/// Returns a line as text if it is UTF-8, or else as bytes.
pub(super) fn classify(line: &[u8]) -> Line<'_> {
    match std::str::from_utf8(line) {
        Ok(text) => Line::Text(text),
        Err(_) => Line::Bytes(line),
    }
}

/// Counts empty lines and frames, which cost work although they contain no message.
#[derive(Debug, Default)]
pub(super) struct EmptyLineCounter(u8);

impl EmptyLineCounter {
    /// Counts one. Returns true if there are enough to count as a line; the engine must then get an empty
    /// one.
    pub(super) fn add(&mut self) -> bool {
        self.0 = (self.0 + 1) % BLANKS_PER_LINE;
        self.0 == 0
    }
}

/// Splits the input of one connection into lines.
#[derive(Debug, Default)]
pub(super) struct Framer {
    partial: Vec<u8>,
    blanks: EmptyLineCounter,
    /// An overlong line was reported, and its rest is dropped.
    skipping: bool,
}

impl Framer {
    /// Returns whether the last byte ended a line.
    pub(super) fn is_between_lines(&self) -> bool {
        self.partial.is_empty() && !self.skipping
    }

    /// Splits bytes as they arrived, and calls `emit` with each line, without `\n` or `\r\n`, until it
    /// returns false. Only every 64th empty line is emitted ([`EmptyLineCounter`]); a line over
    /// `line_bytes_max` is replaced by one [`Line::Overlong`]. Returns the number of bytes used.
    pub(super) fn feed(
        &mut self,
        input: &[u8],
        line_bytes_max: usize,
        mut emit: impl FnMut(Line<'_>) -> bool,
    ) -> usize {
        let mut start = 0;
        while let Some(length) = memchr(b'\n', &input[start..]) {
            let line = &input[start..start + length];
            start += length + 1;
            let continues = if self.skipping {
                self.skipping = false;
                true
            } else if self.partial.is_empty() {
                emit_line(line, line_bytes_max, &mut self.blanks, &mut emit)
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                emit_line(&whole, line_bytes_max, &mut self.blanks, &mut emit)
            };
            if !continues {
                return start;
            }
        }
        let rest = &input[start..];
        if self.skipping || rest.is_empty() {
            return input.len();
        }
        // One byte more than the maximum, which can be the `\r` of the line ending.
        if self.partial.len() + rest.len() > line_bytes_max + 1 {
            self.partial = Vec::new();
            self.skipping = true;
            emit(Line::Overlong);
        } else {
            self.partial.extend_from_slice(rest);
        }
        input.len()
    }
}

fn emit_line(
    line: &[u8],
    line_bytes_max: usize,
    blanks: &mut EmptyLineCounter,
    emit: &mut impl FnMut(Line<'_>) -> bool,
) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line {
        [] => !blanks.add() || emit(Line::Text("")),
        line if line.len() > line_bytes_max => emit(Line::Overlong),
        line => emit(classify(line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn show(line: Line<'_>) -> String {
        match line {
            Line::Text(text) => format!("t:{text}"),
            Line::Bytes(bytes) => format!("b:{bytes:?}"),
            Line::Overlong => "overlong".into(),
        }
    }

    fn feed_all(chunks: &[&[u8]], max: usize) -> (Framer, Vec<String>) {
        let mut framer = Framer::default();
        let mut lines = Vec::new();
        for chunk in chunks {
            let used = framer.feed(chunk, max, |line| {
                lines.push(show(line));
                true
            });
            assert_eq!(used, chunk.len());
        }
        (framer, lines)
    }

    #[test]
    fn both_line_endings_are_accepted_and_empty_lines_dropped() {
        let (framer, lines) = feed_all(&[b"NICK a\r\nUSER b\n\r\n\n\xff\n"], 100);
        assert_eq!(lines, ["t:NICK a", "t:USER b", "b:[255]"]);
        assert!(framer.is_between_lines());
    }

    #[test]
    fn many_empty_lines_count_as_a_line() {
        let (_, lines) = feed_all(&["\n".repeat(63).as_bytes()], 100);
        assert!(lines.is_empty(), "{lines:?}");
        let (_, lines) = feed_all(&["\r\n".repeat(200).as_bytes(), b"PING\n"], 100);
        assert_eq!(lines, ["t:", "t:", "t:", "t:PING"]);
    }

    #[test]
    fn a_line_in_pieces_is_one_line() {
        let (_, lines) = feed_all(&[b"PI", b"NG", b" x\r", b"\nPO", b"NG\n"], 100);
        assert_eq!(lines, ["t:PING x", "t:PONG"]);
    }

    #[test]
    fn nul_and_lone_carriage_return_are_left_to_the_parser() {
        let (_, lines) = feed_all(&[b"a\0b\rc\r\n"], 100);
        assert_eq!(lines, ["t:a\0b\rc"]);
    }

    #[test]
    fn an_overlong_line_is_reported_once_and_dropped_to_its_end() {
        let (framer, lines) = feed_all(&[b"1234567", b"8901234", b"5678\nok\n"], 10);
        assert_eq!(lines, ["overlong", "t:ok"]);
        assert!(framer.is_between_lines());
        let (_, lines) = feed_all(&[b"12345678901\n1234567890\r\n"], 10);
        assert_eq!(lines, ["overlong", "t:1234567890"]);
    }

    #[test]
    fn the_longest_line_fits_however_it_is_split() {
        let (_, lines) = feed_all(&[b"1234567890\r", b"\n"], 10);
        assert_eq!(lines, ["t:1234567890"]);
    }

    #[test]
    fn feeding_stops_on_request_and_can_continue() {
        let (mut framer, input) = (Framer::default(), b"a\r\n\nb\nc\nd".as_slice());
        let (mut lines, mut at) = (Vec::new(), 0);
        while at < input.len() {
            let used = framer.feed(&input[at..], 10, |line| {
                lines.push(show(line));
                false
            });
            assert!(used > 0);
            at += used;
        }
        assert_eq!(lines, ["t:a", "t:b", "t:c"]);
        assert_eq!(framer.partial, b"d");
    }

    proptest! {
        #[test]
        fn splitting_the_input_has_no_effect(
            input in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200),
            cuts in proptest::collection::vec(0usize..200, 0..10),
        ) {
            let whole = feed_all(&[&input], 20).1;
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(input.len())).collect();
            cuts.extend([0, input.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &input[pair[0]..pair[1]]).collect();
            let (framer, lines) = feed_all(&chunks, 20);
            prop_assert_eq!(lines, whole);
            prop_assert!(framer.partial.len() <= 21);
        }
    }
}

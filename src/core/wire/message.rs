//! Parses a line from a client without copying.
//!
//! Grammar: <https://modern.ircdocs.horse/#message-format> and the message-tags specification. Limits on
//! lengths, and commands, are up to the engine.

use smallvec::SmallVec;

/// The maximum number of parameters; the last one takes the rest of the line.
pub const PARAMS_MAX: usize = 15;

/// A parsed line, which borrows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Tag data without the leading `@`, still escaped; empty when there is none.
    pub tags: &'a str,
    /// The source that a client claims; servers ignore it.
    pub source: Option<&'a str>,
    /// The command as the client spelled it; compare it without case.
    pub command: &'a str,
    params: SmallVec<[&'a str; PARAMS_MAX]>,
}

/// Why a line is not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// It has only spaces, or tags or a source without a command.
    NoCommand,
    /// It contains a NUL, CR or LF.
    ForbiddenByte,
}

impl<'a> Message<'a> {
    /// Parses a line without its line ending.
    pub fn parse(line: &'a str) -> Result<Message<'a>, ParseError> {
        if memchr::memchr3(0, b'\r', b'\n', line.as_bytes()).is_some() {
            return Err(ParseError::ForbiddenByte);
        }
        let mut rest = line.trim_start_matches(' ');
        let mut tags = "";
        if let Some(tagged) = rest.strip_prefix('@') {
            (tags, rest) = split_word(tagged);
        }
        let mut source = None;
        if let Some(sourced) = rest.strip_prefix(':') {
            let (word, after) = split_word(sourced);
            source = Some(word);
            rest = after;
        }
        let (command, mut rest) = split_word(rest);
        if command.is_empty() {
            return Err(ParseError::NoCommand);
        }
        let mut params = SmallVec::new();
        while !rest.is_empty() {
            if let Some(trailing) = rest.strip_prefix(':') {
                params.push(trailing);
                break;
            }
            if params.len() == PARAMS_MAX - 1 {
                params.push(rest);
                break;
            }
            let (word, after) = split_word(rest);
            params.push(word);
            rest = after;
        }
        Ok(Message { tags, source, command, params })
    }

    /// Returns all parameters.
    pub fn params(&self) -> &[&'a str] {
        &self.params
    }

    /// Returns a parameter that the command table requires, or an empty string if it is missing.
    pub fn param(&self, index: usize) -> &'a str {
        self.params.get(index).copied().unwrap_or("")
    }

    /// Returns a parameter, if it is present.
    pub fn param_opt(&self, index: usize) -> Option<&'a str> {
        self.params.get(index).copied()
    }

    /// Returns the length of the tag section on the wire, with `@` and space.
    pub fn tag_section_len(line: &str) -> usize {
        match line.strip_prefix('@') {
            Some(rest) => 1 + memchr::memchr(b' ', rest.as_bytes()).map_or(rest.len(), |at| at + 1),
            None => 0,
        }
    }

    /// Returns a copy with another command and parameters, for aliases.
    pub fn with(&self, command: &'a str, params: impl IntoIterator<Item = &'a str>) -> Message<'a> {
        Message {
            tags: self.tags,
            source: None,
            command,
            params: params.into_iter().take(PARAMS_MAX).collect(),
        }
    }
}

/// Splits at the first run of spaces.
fn split_word(text: &str) -> (&str, &str) {
    match memchr::memchr(b' ', text.as_bytes()) {
        Some(at) => (&text[..at], text[at..].trim_start_matches(' ')),
        None => (text, ""),
    }
}

/// Returns the unescaped value of a tag; the rest of the line need not be valid. If a name occurs
/// several times, the last one counts (message-tags).
pub fn tag(line: &str, name: &str) -> Option<String> {
    let (data, _) = split_word(line.strip_prefix('@')?);
    tags(data).filter(|tag| tag.0 == name).last().map(|tag| unescape(tag.1))
}

/// Iterates over tag data: names with escaped values, which are empty if missing.
pub fn tags(data: &str) -> impl Iterator<Item = (&str, &str)> {
    data.split(';').filter(|tag| !tag.is_empty()).map(|tag| tag.split_once('=').unwrap_or((tag, "")))
}

/// Returns whether a name is valid for a client-only tag: `+`, optionally a host name and `/`, and then
/// letters, digits and hyphens (message-tags, "Format").
pub fn is_client_tag(name: &str) -> bool {
    let Some(name) = name.strip_prefix('+') else { return false };
    let (vendor, key) = name.rsplit_once('/').map_or((None, name), |(vendor, key)| (Some(vendor), key));
    let is_word = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
    let is_host = |host: &str| !host.is_empty() && host.bytes().all(|c| is_word(c) || c == b'.');
    !key.is_empty() && key.bytes().all(is_word) && vendor.is_none_or(is_host)
}

/// Unescapes a tag value (message-tags, "Escaping values").
pub fn unescape(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some(':') => plain.push(';'),
            Some('s') => plain.push(' '),
            Some('r') => plain.push('\r'),
            Some('n') => plain.push('\n'),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

/// Writes a tag value, escaped.
pub fn escape(value: &str, out: &mut Vec<u8>) {
    for byte in value.bytes() {
        match byte {
            b';' => out.extend_from_slice(b"\\:"),
            b' ' => out.extend_from_slice(b"\\s"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\n' => out.extend_from_slice(b"\\n"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn everything_at_once() {
        let line = "@a=1;+b;label=x\\sy :nick!u@h  privmsg  #chan :hello  there";
        let m = Message::parse(line).unwrap();
        assert_eq!(m.source, Some("nick!u@h"));
        assert_eq!(m.command, "privmsg");
        assert_eq!(m.params(), ["#chan", "hello  there"]);
        assert_eq!(tag(line, "label").as_deref(), Some("x y"));
        assert_eq!(tag(line, "+b").as_deref(), Some(""));
        assert_eq!(tag(line, "c"), None);
    }

    #[test]
    fn trailing_spaces_are_not_a_parameter_but_a_lone_colon_is() {
        assert_eq!(Message::parse("PING x   ").unwrap().params(), ["x"]);
        assert_eq!(Message::parse("TOPIC #a :").unwrap().params(), ["#a", ""]);
    }

    #[test]
    fn names_of_client_tags() {
        for name in ["+a", "+draft/typing", "+example.com/a-1"] {
            assert!(is_client_tag(name), "{name}");
        }
        for name in ["", "a", "+", "+é", "+a b", "+/a", "+draft/", "+a_b", "+a/b/c", "+vendor!/a"] {
            assert!(!is_client_tag(name), "{name}");
        }
    }

    #[test]
    fn the_fifteenth_parameter_takes_the_rest() {
        let m = Message::parse("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17").unwrap();
        assert_eq!(m.params().len(), PARAMS_MAX);
        assert_eq!(m.param(14), "15 16 17");
    }

    #[test]
    fn invalid_lines_are_rejected() {
        assert_eq!(Message::parse("   "), Err(ParseError::NoCommand));
        assert_eq!(Message::parse("@a=b"), Err(ParseError::NoCommand));
        assert_eq!(Message::parse(":source"), Err(ParseError::NoCommand));
        assert_eq!(Message::parse("PING a\0b"), Err(ParseError::ForbiddenByte));
    }

    proptest! {
        #[test]
        fn unescape_undoes_escape(value in "\\PC*|[;\\\\ \r\n]*") {
            let mut escaped = Vec::new();
            escape(&value, &mut escaped);
            let escaped = String::from_utf8(escaped).unwrap();
            prop_assert!(!escaped.contains([';', ' ', '\r', '\n']));
            prop_assert_eq!(unescape(&escaped), value);
        }

        #[test]
        fn parsing_any_line_does_not_panic(line in "\\PC*") {
            if let Ok(m) = Message::parse(&line) {
                prop_assert!(m.params().len() <= PARAMS_MAX);
            }
            let _ = tag(&line, "label");
        }
    }
}

//! A line before it depends on capabilities, and its rendering for one kind of recipient.
//!
//! [`Outgoing::relevant`] names the capabilities that can change its bytes. Recipients that agree on them
//! get the same bytes, so a line is rendered once per variant and never once per recipient.
//!
//! Invariant: a rendered line holds no CR, LF or NUL, wherever its strings came from.

use super::caps::{Cap, Caps};
use super::clock::{MsgId, Stamp};
use super::multiline;
use super::numeric::Numeric;
use crate::i18n::{LanguageId, Languages, Phrase};

/// A line of output. It borrows everything, since it is rendered immediately.
#[derive(Clone, Debug)]
pub struct Outgoing<'a> {
    /// Its source: `nick!user@host`, a server name, or nothing.
    pub source: &'a str,
    /// Tags that depend on the sender and the time.
    pub origin: Origin<'a>,
    /// The command or numeric with its parameters.
    pub body: Body<'a>,
}

/// The tags of a message that a user (rather than the server) caused.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin<'a> {
    /// The message id.
    pub msgid: Option<MsgId>,
    /// The sender's account.
    pub account: Option<&'a str>,
    /// Whether the sender is a bot.
    pub bot: bool,
    /// Client-only tags, still escaped, separated by `;`; for a relayed message, [`RELAYED_BY`] precedes
    /// them.
    pub client_tags: &'a str,
    /// Set for a line inside a multiline batch; the line that opens the batch carries the tags.
    pub part: Option<Part<'a>>,
}

/// The position of a line in a multiline message.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The batch of the message.
    pub batch: &'a str,
    /// It continues the previous line without a break.
    pub concat: bool,
}

/// The tag with the user that relayed a message, with `=`; for clients with `draft/relaymsg` or
/// `message-tags`.
pub const RELAYED_BY: &str = "draft/relaymsg=";

impl Origin<'_> {
    fn relay_tag(&self) -> Option<&str> {
        self.client_tags.split(';').next().filter(|tag| tag.starts_with(RELAYED_BY))
    }
}

/// A command with its parameters.
#[derive(Clone, Debug)]
pub enum Body<'a> {
    /// A command; the text, if any, becomes the last parameter, after a colon.
    Command { verb: &'a str, params: &'a [&'a str], text: Text<'a> },
    /// A numeric; the recipient's nick goes before the parameters.
    Numeric { code: Numeric, nick: &'a str, params: &'a [&'a str], text: Text<'a> },
    /// JOIN, whose form depends on `extended-join`; `account` is `*` without an account.
    Join { channel: &'a str, account: &'a str, realname: &'a str },
}

/// The last parameter of a line.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// No last parameter.
    None,
    /// A text.
    Plain(&'a str),
    /// A multiline text ([`multiline`]) of a message with an id. The caller of `render` splits it.
    Lines(&'a str),
    /// A phrase in the recipient's language, with arguments.
    Said(Phrase, &'a [&'a str]),
}

impl<'a> Text<'a> {
    /// Returns the text of a message, in one line or in several.
    pub fn of(text: &'a str) -> Text<'a> {
        if multiline::is_several(text) { Text::Lines(text) } else { Text::Plain(text) }
    }
}

/// The properties that distinguish kinds of recipients.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// Enabled capabilities.
    pub caps: Caps,
    /// The languages for phrases, best first; the default follows.
    pub languages: &'a [LanguageId],
    /// Tags of this reply (`label=x` or `batch=1`), escaped; can be empty.
    pub extra_tags: &'a str,
    /// The maximum length after the tags, in bytes with the line ending; longer lines are truncated.
    pub line_bytes_max: usize,
}

/// The tag of a line that continues the previous one without a break.
pub const CONCAT_TAG: &str = "draft/multiline-concat";

const TAGGED: Caps = Caps::of(Cap::MessageTags);

impl Outgoing<'_> {
    /// Returns whether its text has several lines, to be sent one by one.
    pub fn has_lines(&self) -> bool {
        matches!(self.body, Body::Command { text: Text::Lines(_), .. })
    }

    /// Returns the capabilities that can change the bytes of this line.
    pub fn relevant(&self) -> Caps {
        if self.origin.part.is_some() {
            return Caps::NONE;
        }
        let mut relevant = Caps::of(Cap::ServerTime);
        if self.origin.msgid.is_some() || self.origin.bot || !self.origin.client_tags.is_empty() {
            relevant = relevant | TAGGED;
        }
        if self.origin.account.is_some() {
            relevant = relevant.with(Cap::AccountTag);
        }
        if self.origin.relay_tag().is_some() {
            relevant = relevant.with(Cap::Relaymsg);
        }
        if matches!(self.body, Body::Join { .. }) {
            relevant = relevant.with(Cap::ExtendedJoin);
        }
        relevant
    }

    /// Renders the line, without its ending, for one kind of recipient.
    pub fn render(&self, form: Form<'_>, stamp: &Stamp, languages: &Languages, out: &mut Vec<u8>) {
        let tags_start = out.len();
        self.write_tags(form, stamp, out);
        let start = out.len();
        self.write_body(form.caps, form.languages, languages, out);
        cut(out, start + form.line_bytes_max.saturating_sub("\r\n".len()));
        keep_one_line(&mut out[tags_start..]);
    }

    /// Writes the tag section, if any, followed by a space.
    fn write_tags(&self, form: Form<'_>, stamp: &Stamp, out: &mut Vec<u8>) {
        let mut tags = TagSection { out, any: false };
        if !form.extra_tags.is_empty() {
            tags.put(&[form.extra_tags.as_bytes()]);
        }
        match self.origin.part {
            Some(part) => {
                tags.put(&[b"batch=", part.batch.as_bytes()]);
                if part.concat {
                    tags.put(&[CONCAT_TAG.as_bytes()]);
                }
            }
            None => self.write_origin(form.caps, stamp, &mut tags),
        }
        if tags.any {
            out.push(b' ');
        }
    }

    fn write_origin(&self, caps: Caps, stamp: &Stamp, tags: &mut TagSection<'_>) {
        let origin = &self.origin;
        if caps.has(Cap::ServerTime) {
            tags.put(&[b"time=", stamp.as_bytes()]);
        }
        if caps.has(Cap::MessageTags) {
            if let Some(msgid) = &origin.msgid {
                tags.put(&[b"msgid=", msgid.as_bytes()]);
            }
            if origin.bot {
                tags.put(&[b"bot"]);
            }
            if !origin.client_tags.is_empty() {
                tags.put(&[origin.client_tags.as_bytes()]);
            }
        } else if let (Some(tag), true) = (origin.relay_tag(), caps.has(Cap::Relaymsg)) {
            tags.put(&[tag.as_bytes()]);
        }
        if let (Some(account), true) = (origin.account, caps.has(Cap::AccountTag)) {
            tags.put(&[b"account=", account.as_bytes()]);
        }
    }

    fn write_body(&self, caps: Caps, wanted: &[LanguageId], languages: &Languages, out: &mut Vec<u8>) {
        if !self.source.is_empty() {
            out.push(b':');
            out.extend_from_slice(self.source.as_bytes());
            out.push(b' ');
        }
        match &self.body {
            Body::Command { verb, params, text } => {
                out.extend_from_slice(verb.as_bytes());
                params.iter().for_each(|param| write_param(param, out));
                write_text(*text, wanted, languages, out);
            }
            Body::Numeric { code, nick, params, text } => {
                out.extend_from_slice(&code.digits());
                write_param(nick, out);
                params.iter().for_each(|param| write_param(param, out));
                write_text(*text, wanted, languages, out);
            }
            Body::Join { channel, account, realname } => {
                out.extend_from_slice(b"JOIN");
                write_param(channel, out);
                if caps.has(Cap::ExtendedJoin) {
                    write_param(account, out);
                    write_text(Text::Plain(realname), wanted, languages, out);
                }
            }
        }
    }
}

/// Truncates a line at the end of a character: with a source or a numeric before it, text from a client
/// can exceed the maximum length of a line.
fn cut(out: &mut Vec<u8>, mut bytes_max: usize) {
    if out.len() > bytes_max {
        let continues = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
        while bytes_max > 0 && continues(out[bytes_max]) {
            bytes_max -= 1;
        }
        out.truncate(bytes_max);
    }
}

/// Replaces CR, LF and NUL, which end a line or are forbidden in one, with spaces.
///
/// Strings are checked where they enter the server. This is the second line of defense: a string that
/// got past the first (from SASL, a script, a record of an older version) still cannot forge a line.
fn keep_one_line(line: &mut [u8]) {
    let mut checked = 0;
    while let Some(found) = memchr::memchr3(b'\r', b'\n', b'\0', &line[checked..]) {
        line[checked + found] = b' ';
        checked += found + 1;
    }
}

/// Writes a middle parameter. A string that cannot be one (empty, containing a space or a line ending,
/// or beginning with a colon) becomes `*`, so that it cannot shift the parameters after it.
fn write_param(param: &str, out: &mut Vec<u8>) {
    out.push(b' ');
    let is_separator = |byte| matches!(byte, b' ' | b'\r' | b'\n' | b'\0');
    let is_split = || has_byte_up_to_space(param.as_bytes()) && param.bytes().any(is_separator);
    if param.is_empty() || param.starts_with(':') || is_split() {
        out.push(b'*');
    } else {
        out.extend_from_slice(param.as_bytes());
    }
}

/// Returns whether a byte is at most `b' '`: eight at a time, because almost every parameter has none.
fn has_byte_up_to_space(text: &[u8]) -> bool {
    const LOW: u64 = u64::from_le_bytes([b' ' + 1; 8]);
    const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);
    let (eights, rest) = text.as_chunks();
    // Subtracting borrows from the high bit of a byte below LOW, in which that bit was not set.
    let has_low = |eight: &[u8; 8]| {
        let bytes = u64::from_le_bytes(*eight);
        bytes.wrapping_sub(LOW) & !bytes & HIGH_BITS != 0
    };
    eights.iter().any(has_low) || rest.iter().any(|&byte| byte <= b' ')
}

fn write_text(text: Text<'_>, wanted: &[LanguageId], languages: &Languages, out: &mut Vec<u8>) {
    match text {
        Text::None => {}
        // A multiline text that was not split becomes one line; `keep_one_line` replaces the breaks.
        Text::Plain(text) | Text::Lines(text) => {
            out.extend_from_slice(b" :");
            out.extend_from_slice(text.as_bytes());
        }
        Text::Said(phrase, args) => {
            out.extend_from_slice(b" :");
            languages.write(wanted, phrase, args, out);
        }
    }
}

struct TagSection<'a> {
    out: &'a mut Vec<u8>,
    any: bool,
}

impl TagSection<'_> {
    fn put(&mut self, parts: &[&[u8]]) {
        self.out.push(if self.any { b';' } else { b'@' });
        self.any = true;
        parts.iter().for_each(|part| self.out.extend_from_slice(part));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_up_to_space_is_found_anywhere() {
        for byte in 0..=u8::MAX {
            for len in 1..20 {
                for at in 0..len {
                    for other in [b'!', b'x', 0x7f, 0x80, 0xff] {
                        let mut text = vec![other; len];
                        text[at] = byte;
                        assert_eq!(has_byte_up_to_space(&text), byte <= b' ', "{text:?}");
                    }
                }
            }
        }
    }

    fn rendered(outgoing: &Outgoing<'_>, caps: Caps, extra_tags: &str) -> String {
        let mut out = Vec::new();
        let form = Form { caps, languages: &[], extra_tags, line_bytes_max: 512 };
        outgoing.render(form, &Stamp::new(1_605_232_502_201), &Languages::default(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_the_relevant_capabilities_change_the_bytes() {
        let said = Outgoing {
            source: "a!b@c",
            origin: Origin {
                msgid: Some(MsgId::new(1, 2, 3)),
                account: None,
                bot: true,
                client_tags: "+x=1",
                part: None,
            },
            body: Body::Command { verb: "PRIVMSG", params: &["#c"], text: Text::Plain("hi") },
        };
        let relayed = Outgoing {
            origin: Origin { client_tags: "draft/relaymsg=a;+x=1", ..said.origin },
            ..said.clone()
        };
        let part = Outgoing {
            origin: Origin { part: Some(Part { batch: "1", concat: true }), ..said.origin },
            ..said.clone()
        };
        let both = [Cap::MessageTags, Cap::ServerTime];
        for (line, relevant) in [
            (&said, both.into_iter().collect()),
            (&relayed, both.into_iter().chain([Cap::Relaymsg]).collect()),
            (&part, Caps::NONE),
        ] {
            assert_eq!(line.relevant(), relevant);
            for &cap in Cap::ALL {
                let changed = rendered(line, Caps::of(cap), "") != rendered(line, Caps::NONE, "");
                assert_eq!(changed, relevant.has(cap), "{}", cap.name());
            }
        }
        let relay_tag = rendered(&relayed, Caps::of(Cap::Relaymsg), "");
        assert_eq!(relay_tag, "@draft/relaymsg=a :a!b@c PRIVMSG #c :hi");
        let in_batch = rendered(&part, Caps::NONE, "");
        assert_eq!(in_batch, "@batch=1;draft/multiline-concat :a!b@c PRIVMSG #c :hi");
    }

    #[test]
    fn rendering_a_multiline_text_yields_one_line() {
        let text = Text::of("one\ntwo\rthree");
        let body = Body::Command { verb: "PRIVMSG", params: &["#c"], text };
        let line = Outgoing { source: "a!b@c", origin: Origin::default(), body };
        assert_eq!(rendered(&line, Caps::NONE, ""), ":a!b@c PRIVMSG #c :one two three");
    }

    #[test]
    fn no_string_can_forge_a_line() {
        const FORGED: &str = "x\r\n:s.test NOTICE a :forged\0";
        let texts =
            [Text::Plain(FORGED), Text::Lines(FORGED), Text::Said(Phrase::WELCOME, &[FORGED, FORGED])];
        let commands = texts.map(|text| Body::Command { verb: FORGED, params: &[FORGED, "b"], text });
        let numerics = texts.map(|text| Body::Numeric {
            code: super::super::numeric::ERR_NOSUCHNICK,
            nick: FORGED,
            params: &[FORGED, "b"],
            text,
        });
        let join = Body::Join { channel: FORGED, account: FORGED, realname: FORGED };
        let origin = Origin {
            account: Some(FORGED),
            client_tags: FORGED,
            msgid: Some(MsgId::new(1, 2, 3)),
            ..Origin::default()
        };
        let in_batch = Origin { part: Some(Part { batch: FORGED, concat: true }), ..origin };
        for body in commands.into_iter().chain(numerics).chain([join]) {
            for origin in [origin, in_batch] {
                let line = Outgoing { source: FORGED, origin, body: body.clone() };
                for caps in [Caps::NONE, Cap::ALL.iter().copied().collect()] {
                    let text = rendered(&line, caps, FORGED);
                    assert!(!text.contains(['\r', '\n', '\0']), "{text:?}");
                }
            }
        }
        let params = Body::Command { verb: "KICK", params: &["#c", FORGED, "b"], text: Text::None };
        let line = Outgoing { source: "a!b@c", origin: Origin::default(), body: params };
        assert_eq!(rendered(&line, Caps::NONE, ""), ":a!b@c KICK #c * b");
    }

    #[test]
    fn a_line_is_truncated_after_its_tags_and_between_characters() {
        let body = |text| Body::Command { verb: "QUIT", params: &[], text: Text::Plain(text) };
        let whole = rendered(
            &Outgoing { source: "a!b@c", origin: Origin::default(), body: body(&"é".repeat(600)) },
            Caps::of(Cap::ServerTime),
            "",
        );
        let (tags, line) = whole.split_once(' ').unwrap();
        assert!(tags.starts_with("@time="));
        // 13 bytes, then as many two-byte characters as fit.
        assert_eq!(line, format!(":a!b@c QUIT :{}", "é".repeat(248)));
    }

    #[test]
    fn join_in_both_forms() {
        let join = Outgoing {
            source: "a!b@c",
            origin: Origin::default(),
            body: Body::Join { channel: "#c", account: "*", realname: "A B" },
        };
        assert_eq!(rendered(&join, Caps::NONE, ""), ":a!b@c JOIN #c");
        assert_eq!(rendered(&join, Caps::of(Cap::ExtendedJoin), "label=1"), "@label=1 :a!b@c JOIN #c * :A B");
        assert_eq!(
            rendered(&join, Caps::of(Cap::ServerTime), ""),
            "@time=2020-11-13T01:55:02.201Z :a!b@c JOIN #c"
        );
    }

    #[test]
    fn an_invalid_parameter_becomes_a_star() {
        let reply = Outgoing {
            source: "s.test",
            origin: Origin::default(),
            body: Body::Numeric {
                code: super::super::numeric::ERR_NOSUCHNICK,
                nick: "a",
                params: &["x y"],
                text: Text::Said(Phrase::NO_SUCH_NICK, &[]),
            },
        };
        assert_eq!(rendered(&reply, Caps::NONE, ""), ":s.test 401 a * :No such nick");
    }
}

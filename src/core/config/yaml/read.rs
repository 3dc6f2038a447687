//! Readers, which convert the values that a key accepts.
//!
//! A reader reports any other value itself and returns `None`, so that the key keeps its default.

use std::hash::Hash;
use std::ops::RangeInclusive;
use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use indexmap::IndexMap;

use super::problem::Severity;
use super::section::{FromNode, Problems};
use super::spelling::nearest;
use super::tree::{Node, Tree, shown_text};
use super::unit::{parse_duration, parse_size};
use super::value::{Net, Word};

/// Reads `true` or `false`, or one of the YAML 1.1 words for them.
pub(in crate::config) fn boolean(node: &Node, problems: &mut Problems) -> Option<bool> {
    let value = match &node.tree {
        Tree::Bool(value) => Some(*value),
        Tree::Text(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Some(true),
            "false" | "no" | "off" | "n" => Some(false),
            _ => None,
        },
        _ => None,
    };
    or_wrong(value, node, problems, "`true` or `false`")
}

/// Reads text of one or more lines. A number counts as written, an empty value as empty text.
pub(in crate::config) fn text(node: &Node, problems: &mut Problems) -> Option<String> {
    let value = if node.is_null() { Some(String::new()) } else { scalar(node) };
    or_wrong(value, node, problems, "text")
}

/// Wraps the value of a reader in `Some`.
pub(in crate::config) fn some<T>(
    read: impl Fn(&Node, &mut Problems) -> Option<T>,
) -> impl Fn(&Node, &mut Problems) -> Option<Option<T>> {
    move |node, problems| read(node, problems).map(Some)
}

/// Reads text; empty text counts as absent.
pub(in crate::config) fn filled(node: &Node, problems: &mut Problems) -> Option<Option<String>> {
    text(node, problems).map(|text| (!text.is_empty()).then_some(text))
}

/// Reads a whole number within bounds, in any notation.
pub(in crate::config) fn number<T>(bounds: RangeInclusive<T>) -> impl Fn(&Node, &mut Problems) -> Option<T>
where
    T: TryFrom<i128> + Copy + PartialOrd + std::fmt::Display,
{
    move |node, problems| {
        let value = integer(node, problems);
        within(&bounds, value, node, problems)
    }
}

/// Reads a whole number whose upper bound is a limit of this server. Larger numbers are lowered to it, with
/// a warning.
pub(in crate::config) fn capped(
    bounds: RangeInclusive<usize>,
) -> impl Fn(&Node, &mut Problems) -> Option<usize> {
    move |node, problems| {
        let (value, max) = (integer(node, problems), *bounds.end());
        if value.is_some_and(|value| value > max as i128) {
            let found = format!("{}; {max} is used", node.shown());
            problems.push(node, format!("at most {max}"), found, Severity::Warning);
            return Some(max);
        }
        within(&bounds, value, node, problems)
    }
}

fn within<T>(
    bounds: &RangeInclusive<T>,
    value: Option<i128>,
    node: &Node,
    problems: &mut Problems,
) -> Option<T>
where
    T: TryFrom<i128> + Copy + PartialOrd + std::fmt::Display,
{
    let value = value.and_then(|value| T::try_from(value).ok()).filter(|value| bounds.contains(value));
    or_wrong(value, node, problems, format!("a number from {} to {}", bounds.start(), bounds.end()))
}

/// Returns the whole number of a node, in the notations of YAML 1.1 and 1.2. It drops a fraction, like Ergo.
fn integer(node: &Node, problems: &mut Problems) -> Option<i128> {
    match &node.tree {
        Tree::Int(value, _) => Some(*value),
        Tree::Float(value, _) if value.is_finite() && value.abs() < 1e18 => {
            if value.fract() != 0.0 {
                let found = format!("{}; its fraction is ignored", node.shown());
                problems.push(node, "a whole number", found, Severity::Warning);
            }
            Some(value.trunc() as i128)
        }
        Tree::Text(text) => old_integer(text),
        _ => None,
    }
}

/// Parses the notations that YAML 1.2 dropped: `1_000`, `0b101`, and `017` for 15.
fn old_integer(text: &str) -> Option<i128> {
    let text = text.strip_prefix('+').unwrap_or(text).replace('_', "");
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', b'o' | b'O', ..] => (&text[2..], 8),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (&text[..], 10),
    };
    let is_number = digits.starts_with(|c: char| c.is_digit(radix)) && digits.len() < 32;
    if is_number { i128::from_str_radix(digits, radix).ok() } else { None }
}

/// Reads a whole number from 0 to a billion.
pub(in crate::config) fn count(node: &Node, problems: &mut Problems) -> Option<usize> {
    number(0..=1_000_000_000)(node, problems)
}

/// Reads a duration.
pub(in crate::config) fn duration(node: &Node, problems: &mut Problems) -> Option<Duration> {
    let value = scalar(node).and_then(|text| parse_duration(&text));
    or_wrong(value, node, problems, "a duration such as 1m30s")
}

/// Reads a number of bytes.
pub(in crate::config) fn size(node: &Node, problems: &mut Problems) -> Option<usize> {
    let value = scalar(node).and_then(|text| parse_size(&text));
    or_wrong(value, node, problems, "a size such as 96k")
}

/// Reads a file mode, which is octal in any notation.
pub(in crate::config) fn mode(node: &Node, problems: &mut Problems) -> Option<u32> {
    let value = scalar(node).and_then(|text| {
        let digits = text.strip_prefix("0o").unwrap_or(&text);
        u32::from_str_radix(digits, 8).ok().filter(|mode| *mode <= 0o7777)
    });
    or_wrong(value, node, problems, "octal file permissions such as 0770")
}

/// Reads one of a set of words.
pub(in crate::config) fn word<T: Word>(node: &Node, problems: &mut Problems) -> Option<T> {
    let value = match &node.tree {
        Tree::Bool(value) => find_word(if *value { "true" } else { "false" }),
        _ => scalar(node).and_then(|text| find_word(&text)),
    };
    or_wrong(value, node, problems, T::EXPECTED)
}

/// Reads several words of a set, separated by spaces. A word that resembles none of them is ignored.
pub(in crate::config) fn words<T: Word>(node: &Node, problems: &mut Problems) -> Option<Vec<T>> {
    let Some(text) = scalar(node) else { return or_wrong(None, node, problems, T::EXPECTED) };
    let known: Vec<String> = T::WORDS.iter().map(|(word, _)| (*word).to_owned()).collect();
    let mut words = Vec::new();
    for word in text.split_ascii_whitespace() {
        match find_word(word) {
            Some(value) => words.push(value),
            None if nearest(word, &known).is_some() => return or_wrong(None, node, problems, T::EXPECTED),
            None => problems.push(node, T::EXPECTED, shown_text(word), Severity::Warning),
        }
    }
    // A value of unknown words only is more likely a mistake than meant for another server.
    let has_any = !words.is_empty() || text.trim().is_empty();
    or_wrong(has_any.then_some(words), node, problems, T::EXPECTED)
}

/// Reads a list. Invalid items are reported and omitted.
pub(in crate::config) fn list<T>(
    read: impl Fn(&Node, &mut Problems) -> Option<T>,
) -> impl Fn(&Node, &mut Problems) -> Option<Vec<T>> {
    move |node, problems| match &node.tree {
        Tree::List(items) => Some(items.iter().filter_map(|item| read(item, problems)).collect()),
        _ => or_wrong(None, node, problems, "a list"),
    }
}

/// Reads a mapping with arbitrary keys.
pub(in crate::config) fn map<T>(
    read: impl Fn(&Node, &mut Problems) -> Option<T>,
) -> impl Fn(&Node, &mut Problems) -> Option<IndexMap<String, T>>
where
    String: Hash,
{
    move |node, problems| match &node.tree {
        Tree::Map(children) => Some(
            children.iter().filter_map(|(key, child)| Some((key.clone(), read(child, problems)?))).collect(),
        ),
        _ => or_wrong(None, node, problems, "a section of named entries"),
    }
}

/// Reads a nested section; an empty value has all defaults.
pub(in crate::config) fn nested<T: FromNode + Default>(node: &Node, problems: &mut Problems) -> Option<T> {
    if node.is_null() { Some(T::default()) } else { T::from_node(node, problems) }
}

/// Reads a list of addresses, ranges and the word `localhost`.
pub(in crate::config) fn nets(node: &Node, problems: &mut Problems) -> Option<Vec<Net>> {
    let net = |item: &Node, problems: &mut Problems| {
        let nets = match scalar(item)?.as_str() {
            "localhost" => Some(vec![Net::LOOPBACK_V4, Net::LOOPBACK_V6]),
            text => Net::parse(text).map(|net| vec![net]),
        };
        or_wrong(nets, item, problems, "an IP address, a range such as 10.0.0.0/8, or `localhost`")
    };
    list(net)(node, problems).map(|nets| nets.concat())
}

/// Reads a bcrypt hash as printed by `genpasswd`, or in the base64 encoding of old versions.
pub(in crate::config) fn password(node: &Node, problems: &mut Problems) -> Option<Option<String>> {
    let text = text(node, problems)?;
    if text.is_empty() {
        return Some(None);
    }
    let unwrapped = match text.len() {
        80 => BASE64.decode(text.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok()),
        _ => Some(text),
    };
    match unwrapped.filter(|hash| is_bcrypt(hash)) {
        Some(hash) => Some(Some(hash)),
        None => {
            // The value may be a plaintext password, which must not end up in a log.
            problems.push(
                node,
                "a bcrypt hash, as printed by `ircd genpasswd`",
                "something else",
                Severity::Error,
            );
            None
        }
    }
}

/// Reads a SHA-256 certificate fingerprint, removing colons and lowering capitals.
pub(in crate::config) fn certfp(node: &Node, problems: &mut Problems) -> Option<Option<String>> {
    let text = text(node, problems)?.replace(':', "").to_ascii_lowercase();
    if text.is_empty() {
        return Some(None);
    }
    let valid = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).is_ok_and(|bytes| bytes.len() == 32);
    or_wrong(valid.then_some(Some(text)), node, problems, "a SHA-256 fingerprint of 64 hexadecimal digits")
}

fn is_bcrypt(hash: &str) -> bool {
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    match hash.as_bytes() {
        [b'$', b'2', b'a' | b'b' | b'x' | b'y', b'$', cost @ ..] if hash.len() == 60 => {
            digits(&cost[..2])
                && cost[2] == b'$'
                && cost[3..].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/'))
        }
        _ => false,
    }
}

fn find_word<T: Word>(text: &str) -> Option<T> {
    T::WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| *value)
}

/// Returns a scalar as text, a number as written.
fn scalar(node: &Node) -> Option<String> {
    match &node.tree {
        Tree::Text(text) => Some(text.clone()),
        Tree::Int(_, written) | Tree::Float(_, written) => Some(written.clone()),
        Tree::Bool(value) => Some(value.to_string()),
        Tree::Null | Tree::List(_) | Tree::Map(_) => None,
    }
}

fn or_wrong<T>(
    value: Option<T>,
    node: &Node,
    problems: &mut Problems,
    expected: impl Into<String>,
) -> Option<T> {
    if value.is_none() {
        problems.wrong(node, expected);
    }
    value
}

//! The notations of spans of time and of byte sizes.

use std::time::Duration;

/// The units of a span of time with their nanoseconds. A month has 30 days, a year 365.
const SPANS: [(&str, u64); 12] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000), // U+00B5, the micro sign
    ("μs", 1_000), // U+03BC, the Greek letter
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
    ("mo", 2_592_000_000_000_000),
    ("y", 31_536_000_000_000_000),
];

/// Reads a span of time: numbers, each with an optional fraction and a unit, as in `1mo2d5m` or `1.5h`.
///
/// `0` needs no unit. `None` when the text is no such span, is negative or is above about 292 years.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total_ns: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = split_where(rest, |c| !c.is_ascii_digit() && c != '.');
        let (unit, after) = split_where(after, |c| c.is_ascii_digit() || c == '.');
        let &(_, unit_ns) = SPANS.iter().find(|(name, _)| *name == unit)?;
        total_ns = total_ns.checked_add(scaled(number, unit_ns)?)?;
        rest = after;
    }
    (total_ns <= i64::MAX as u64).then(|| Duration::from_nanos(total_ns))
}

/// Reads a number of bytes such as `96k`, `1.5m` or `16384`; the units count in powers of 1024.
pub fn parse_size(text: &str) -> Option<usize> {
    let text = text.trim().to_ascii_lowercase();
    let (number, unit) = split_where(&text, |c| !c.is_ascii_digit() && c != '.');
    let shift = match unit {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    usize::try_from(scaled(number, 1 << shift)?).ok()
}

fn split_where(text: &str, end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(end).unwrap_or(text.len()))
}

/// A decimal number times `unit`, rounded down; in integers, so that no binary fraction can creep in.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut part = 0;
    let mut place = unit;
    for digit in fraction.chars() {
        let digit = digit.to_digit(10)?;
        place /= 10;
        part += place * u64::from(digit);
    }
    whole.checked_mul(unit)?.checked_add(part)
}

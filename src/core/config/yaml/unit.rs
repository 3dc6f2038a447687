//! Parses durations and sizes.

use std::time::Duration;

/// The units of durations in nanoseconds. A month has 30 days, a year 365.
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

/// Digits of a fraction that are significant; further ones are ignored.
const FRACTION_DIGITS_MAX: usize = 18;

/// Parses a duration: numbers, each with an optional fraction and a unit, as in `1mo2d5m` or `1.5h`.
///
/// `0` needs no unit. Returns `None` for anything else, for negative durations, and above about 292 years.
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

/// Parses a number of bytes such as `96k`, `1.5m` or `16384`; the units are powers of 1024.
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

/// Multiplies a decimal number by `unit`, rounding down; in integers, so that the result is exact.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let (mut part, mut place) = (0, 1);
    for (index, digit) in fraction.chars().enumerate() {
        let digit = u128::from(digit.to_digit(10)?);
        // Further digits amount to less than a nanosecond of a year, and less than a byte.
        if index < FRACTION_DIGITS_MAX {
            part = part * 10 + digit;
            place *= 10;
        }
    }
    let part = u64::try_from(part * u128::from(unit) / place).ok()?;
    whole.checked_mul(unit)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_and_sizes_are_parsed() {
        let seconds = |text| parse_duration(text).map(|span| span.as_secs_f64());
        for (text, expected) in [
            ("0", 0.0),
            ("60s", 60.0),
            ("1m30s", 90.0),
            ("1.5h", 5400.0),
            (".5m", 30.0),
            ("1mo2d5m", 2_765_100.0),
            ("1y", 31_536_000.0),
            ("1w", 604_800.0),
            ("250ms", 0.25),
            ("+3us", 0.000_003),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in ["", "5", "m", "1.m5", "-1s", "1 s", "1x", "1s5", ".s", "300y", "99999999999999999999s"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        for (text, expected) in
            [("96k", 98_304), ("1.5M", 1_572_864), ("16 ", 16), ("1KiB", 1024), ("2gb", 2 << 30)]
        {
            assert_eq!(parse_size(text), Some(expected), "{text}");
        }
        for text in ["", "k", "lots", "-1k", "1 k", "1x", "99999999999t"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_duration_is_the_sum_of_its_parts(
            parts in prop::collection::vec((0_u64..1000, 0..SPANS.len()), 1..5),
        ) {
            let (mut text, mut total) = (String::new(), 0);
            for (number, unit) in parts {
                let (name, ns) = SPANS[unit];
                text += &format!("{number}{name}");
                total += u128::from(number) * u128::from(ns);
            }
            let expected = i64::try_from(total).ok().map(|ns| Duration::from_nanos(ns as u64));
            prop_assert_eq!(parse_duration(&text), expected);
        }

        #[test]
        fn a_size_is_its_number_times_its_unit(number in 0_usize..1 << 20, shift in 0_usize..5) {
            let unit = ["b", "k", "M", "GiB", "tb"][shift];
            prop_assert_eq!(parse_size(&format!("{number}{unit}")), Some(number << (10 * shift)));
        }

        #[test]
        fn parsing_any_text_does_not_panic(text in "\\PC*") {
            let _ = (parse_duration(&text), parse_size(&text));
        }

        #[test]
        fn parsing_any_digits_does_not_panic(text in "[0-9.]{0,40}(ns|mo|y|k|t)?[0-9.]{0,40}(s|m)?") {
            let _ = (parse_duration(&text), parse_size(&text));
        }
    }
}

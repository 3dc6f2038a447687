//! Times and message ids on the wire.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use time::{Date, Month, OffsetDateTime, Time};

/// A time in the format of `server-time`: `2020-11-13T01:55:02.201Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp([u8; 24]);

impl Stamp {
    /// Converts milliseconds since 1970; later times become the end of the year 9999.
    pub fn new(wall_ms: u64) -> Stamp {
        let date = date(wall_ms / 1000);
        let (year, month, day) = date.to_calendar_date();
        let (hour, minute, second) = date.to_hms();
        let mut text = *b"0000-00-00T00:00:00.000Z";
        put(&mut text[0..4], year as u32);
        for (at, number) in [(5, u8::from(month)), (8, day), (11, hour), (14, minute), (17, second)] {
            put(&mut text[at..at + 2], u32::from(number));
        }
        put(&mut text[20..23], (wall_ms % 1000) as u32);
        Stamp(text)
    }

    /// Returns the text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&byte| f.write_char(char::from(byte)))
    }
}

/// Parses the format of [`Stamp`]; returns milliseconds since 1970.
pub fn parse_stamp(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let shape = b"0000-00-00T00:00:00.000Z";
    let fits = bytes.len() == shape.len()
        && bytes.iter().zip(shape).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s });
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    if !fits {
        return None;
    }
    let month = Month::try_from(number(5..7)? as u8).ok()?;
    let date = Date::from_calendar_date(number(0..4)? as i32, month, number(8..10)? as u8).ok()?;
    let time = Time::from_hms_milli(
        number(11..13)? as u8,
        number(14..16)? as u8,
        number(17..19)? as u8,
        number(20..23)? as u16,
    );
    let moment = date.with_time(time.ok()?).assume_utc();
    u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

/// Returns the time of day in UTC: `01:55:02`.
pub fn time_of_day(wall_ms: u64) -> String {
    let date = date(wall_ms / 1000);
    format!("{:02}:{:02}:{:02}", date.hour(), date.minute(), date.second())
}

fn put(digits: &mut [u8], mut value: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Converts seconds since 1970 to UTC; later times become the end of the year 9999.
fn date(wall_s: u64) -> OffsetDateTime {
    const YEAR_9999_END_S: u64 = 253_402_300_799;
    OffsetDateTime::from_unix_timestamp(wall_s.min(YEAR_9999_END_S) as i64).expect("bounded above")
}

/// Returns a time in the format of RFC 1123: `Fri, 13 Nov 2020 00:35:48 UTC`.
pub fn long_date(wall_s: u64) -> String {
    let date = date(wall_s);
    let (weekday, month) = (date.weekday().to_string(), date.month().to_string());
    format!(
        "{}, {:02} {} {} {:02}:{:02}:{:02} UTC",
        &weekday[..3],
        date.day(),
        &month[..3],
        date.year(),
        date.hour(),
        date.minute(),
        date.second()
    )
}

/// A message id: 26 lower-case base32 characters of 128 bits. The high 48 bits are the time in
/// milliseconds and the next 24 a counter, so that ids sort like their messages; the rest keeps ids of
/// different runs and servers apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "u128", into = "u128")]
pub struct MsgId([u8; 26]);

impl MsgId {
    /// Combines an id from its three parts, each truncated to its width.
    pub fn new(wall_ms: u64, counter: u32, salt: u64) -> MsgId {
        let high = u128::from(wall_ms & WALL_MS_MAX) << 80;
        let middle = u128::from(counter & 0xff_ffff) << 56;
        MsgId::from_bits(high | middle | u128::from(salt & 0xff_ffff_ffff_ffff))
    }

    /// Returns the lowest id of this millisecond.
    pub fn first_of(wall_ms: u64) -> MsgId {
        MsgId::from_bits(u128::from(wall_ms.min(WALL_MS_MAX)) << 80)
    }

    /// Returns the highest id of this millisecond.
    pub fn last_of(wall_ms: u64) -> MsgId {
        MsgId::from_bits(u128::from(wall_ms.min(WALL_MS_MAX)) << 80 | ((1 << 80) - 1))
    }

    /// Returns the id as a number.
    pub fn to_bits(self) -> u128 {
        self.0.iter().fold(0, |bits, &c| bits << 5 | u128::from(value_of(c).unwrap_or_default()))
    }

    /// Returns the id with this number.
    pub fn from_bits(bits: u128) -> MsgId {
        // Words of 64 bits, since each shift of 128 bits is several instructions.
        let mut text = [0; 26];
        put_base32(&mut text[..13], (bits >> 65) as u64);
        put_base32(&mut text[13..25], (bits >> 5) as u64);
        put_base32(&mut text[25..], bits as u64);
        MsgId(text)
    }

    /// Parses an id, ignoring case; returns `None` if the text is not an id.
    pub fn parse(text: &str) -> Option<MsgId> {
        let id =
            MsgId(text.as_bytes().try_into().map(|id: [u8; 26]| id.map(|c| c.to_ascii_lowercase())).ok()?);
        // The characters hold 130 bits, the id has 128.
        (id.0.iter().all(|&c| value_of(c).is_some()) && id.0[0] <= ALPHABET[7]).then_some(id)
    }

    /// Converts the result of [`MsgId::as_bytes`] back.
    pub fn from_text(text: [u8; 26]) -> MsgId {
        MsgId(text)
    }

    /// Returns its time, in milliseconds since 1970.
    pub fn wall_ms(&self) -> u64 {
        // The first ten characters hold 2 unused bits and the 48 of the time.
        self.0[..10].iter().fold(0, |ms, &c| ms << 5 | u64::from(value_of(c).unwrap_or_default()))
    }

    /// Returns the text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("all characters are in the alphabet")
    }
}

impl From<MsgId> for u128 {
    fn from(id: MsgId) -> u128 {
        id.to_bits()
    }
}

impl From<u128> for MsgId {
    fn from(bits: u128) -> MsgId {
        MsgId::from_bits(bits)
    }
}

impl fmt::Debug for MsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// RFC 4648's "extended hex" alphabet, which sorts like the numbers.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// The latest time that fits in an id, in the year 10889.
const WALL_MS_MAX: u64 = 0xffff_ffff_ffff;

/// Writes the lowest bits of a word, five to a character.
fn put_base32(text: &mut [u8], mut word: u64) {
    for slot in text.iter_mut().rev() {
        *slot = ALPHABET[(word & 31) as usize];
        word >>= 5;
    }
}

fn value_of(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'v' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_and_dates() {
        let stamp = Stamp::new(1_605_232_502_201);
        assert_eq!(stamp.as_bytes(), b"2020-11-13T01:55:02.201Z");
        assert_eq!(parse_stamp(&stamp.to_string()), Some(1_605_232_502_201));
        assert_eq!(parse_stamp("2020-02-30T01:55:02.201Z"), None);
        assert_eq!(parse_stamp("not-a-timestamp"), None);
        assert_eq!(long_date(1_605_227_748), "Fri, 13 Nov 2020 00:35:48 UTC");
        assert_eq!(Stamp::new(u64::MAX).as_bytes(), b"9999-12-31T23:59:59.615Z");
    }

    #[test]
    fn ids_sort_like_time_then_counter() {
        let ids =
            [MsgId::new(5, 9, u64::MAX), MsgId::new(6, 0, 1), MsgId::new(6, 1, 0), MsgId::new(1 << 40, 0, 0)];
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ids[0].as_bytes().iter().all(u8::is_ascii_alphanumeric));
    }

    #[test]
    fn an_id_can_be_parsed_and_is_within_its_millisecond() {
        let id = MsgId::new(1_605_232_502_201, 77, u64::MAX);
        assert_eq!(MsgId::parse(id.as_str()), Some(id));
        assert_eq!(MsgId::parse(&id.as_str().to_uppercase()), Some(id));
        assert_eq!(MsgId::from_bits(id.to_bits()), id);
        assert_eq!(id.wall_ms(), 1_605_232_502_201);
        assert!(MsgId::first_of(id.wall_ms()) < id && id < MsgId::last_of(id.wall_ms()));
        assert!(MsgId::last_of(id.wall_ms()) < MsgId::first_of(id.wall_ms() + 1));
        for wrong in ["", "x", "0123456789abcdefghijklmnow", "80000000000000000000000000"] {
            assert_eq!(MsgId::parse(wrong), None, "{wrong}");
        }
        // Every bit has its place.
        for bits in (0..128).map(|bit| 1 << bit).chain([u128::MAX]) {
            assert_eq!(MsgId::from_bits(bits).to_bits(), bits);
        }
    }
}

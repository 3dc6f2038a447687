//! Frames: length and checksum before each record, so that what was cut short or changed is noticed.

/// Bytes before the content: its length and its CRC-32, both little-endian.
const HEAD_BYTES: usize = 8;
/// The longest content; a longer record is not stored.
pub(super) const CONTENT_BYTES_MAX: usize = 16 << 20;

/// What lies at some place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A whole frame: its content, and the bytes it takes in all.
    Frame(&'a [u8], usize),
    /// The beginning of one, which would take so many bytes.
    Torn(usize),
    /// Something else.
    Damaged,
}

/// Appends a frame.
pub(super) fn write(out: &mut Vec<u8>, content: &[u8]) {
    out.extend_from_slice(&(content.len() as u32).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(content).to_le_bytes());
    out.extend_from_slice(content);
}

/// Looks at the beginning of some bytes.
pub(super) fn read(bytes: &[u8]) -> Piece<'_> {
    let Some((head, rest)) = bytes.split_at_checked(HEAD_BYTES) else { return Piece::Torn(HEAD_BYTES) };
    let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let len = number(0) as usize;
    if len == 0 || len > CONTENT_BYTES_MAX {
        return Piece::Damaged;
    }
    match rest.get(..len) {
        Some(content) if crc32fast::hash(content) == number(4) => Piece::Frame(content, HEAD_BYTES + len),
        Some(_) => Piece::Damaged,
        None => Piece::Torn(HEAD_BYTES + len),
    }
}

/// The length of the whole frames at the beginning, and whether there are more behind something else.
pub(super) fn measure(bytes: &[u8]) -> (usize, bool) {
    let mut whole = 0;
    while let Piece::Frame(_, len) = read(&bytes[whole..]) {
        whole += len;
    }
    let has_frame = |at: usize| matches!(read(&bytes[at..]), Piece::Frame(..));
    (whole, (whole + 1..bytes.len()).any(has_frame))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_whole_torn_or_damaged() {
        let mut bytes = Vec::new();
        write(&mut bytes, b"one");
        write(&mut bytes, b"two");
        assert_eq!(read(&bytes), Piece::Frame(b"one", 11));
        assert_eq!(read(&bytes[..5]), Piece::Torn(8));
        assert_eq!(read(&bytes[..10]), Piece::Torn(11));
        assert_eq!(measure(&bytes), (22, false));
        assert_eq!(measure(&bytes[..20]), (11, false));
        assert_eq!(measure(&[&bytes[..], &[0; 4000]].concat()), (22, false));
        bytes[9] ^= 1;
        assert_eq!(read(&bytes), Piece::Damaged);
        assert_eq!(measure(&bytes), (0, true));
        bytes[3] = 0xff;
        assert_eq!(read(&bytes), Piece::Damaged);
        assert_eq!(measure(&bytes), (0, true));
    }
}

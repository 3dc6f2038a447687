//! Frames: a length and a checksum before each entry, so that torn and changed entries are detected.

/// Size of the header in bytes: the content's length and its CRC-32, both little-endian.
const HEAD_BYTES: usize = 8;

/// Maximum length of the content of a frame, in bytes.
pub const CONTENT_BYTES_MAX: usize = 16 << 20;

/// The beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A whole frame: its content, and the length of the frame.
    Frame(&'a [u8], usize),
    /// The beginning of a frame of this length.
    Torn(usize),
    /// Anything else.
    Damaged,
}

/// Frames in memory, for appending together.
#[derive(Clone, Debug, Default)]
pub struct Frames(Vec<u8>);

impl Frames {
    /// Adds a frame whose content `write` appends to the buffer, which it must not change otherwise.
    /// Returns whether the content fits into a frame; if not, nothing is added.
    pub fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let start = self.0.len();
        self.0.extend_from_slice(&[0; HEAD_BYTES]);
        write(&mut self.0);
        let content = &self.0[start + HEAD_BYTES..];
        if content.is_empty() || content.len() > CONTENT_BYTES_MAX {
            self.0.truncate(start);
            return false;
        }
        let (len, checksum) = (content.len() as u32, crc32fast::hash(content));
        self.0[start..][..4].copy_from_slice(&len.to_le_bytes());
        self.0[start + 4..][..4].copy_from_slice(&checksum.to_le_bytes());
        true
    }

    /// Returns the bytes of the frames as they are written.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the length of all frames, in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes all frames, but keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// Classifies the beginning of some bytes.
pub fn read(bytes: &[u8]) -> Piece<'_> {
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

/// Calls `entry` with the content of each whole frame at the beginning. Returns the length of these frames,
/// and whether there are valid frames after an invalid one.
pub(super) fn scan(bytes: &[u8], mut entry: impl FnMut(&[u8])) -> (usize, bool) {
    let mut whole = 0;
    while let Piece::Frame(content, len) = read(&bytes[whole..]) {
        entry(content);
        whole += len;
    }
    let has_frame = |at: usize| matches!(read(&bytes[at..]), Piece::Frame(..));
    (whole, (whole + 1..bytes.len()).any(has_frame))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(bytes: &[u8]) -> (usize, bool) {
        scan(bytes, |_| {})
    }

    #[test]
    fn frames_are_whole_torn_or_damaged() {
        let mut frames = Frames::default();
        assert!(frames.add(|out| out.extend_from_slice(b"one")));
        assert!(frames.add(|out| out.extend_from_slice(b"two")));
        let mut bytes = frames.as_bytes().to_vec();
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

    #[test]
    fn content_that_does_not_fit_into_a_frame_is_not_added() {
        let mut frames = Frames::default();
        assert!(frames.add(|out| out.push(1)));
        let len = frames.len();
        assert!(!frames.add(|_| {}));
        assert!(!frames.add(|out| out.resize(out.len() + CONTENT_BYTES_MAX + 1, 7)));
        assert_eq!(frames.len(), len);
        assert!(frames.add(|out| out.resize(out.len() + CONTENT_BYTES_MAX, 7)));
    }
}

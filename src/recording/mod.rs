//! A recording: a snapshot of an engine and all its later events, in one encrypted file, from which the same
//! run can be repeated anywhere.
//!
//! The file begins with [`MAGIC`] and a random salt. Frames follow: a length, then that many bytes, which are
//! encrypted and authenticated separately with a key that is derived from the owner's [`RecordingKey`] and
//! the salt. The first byte of a frame is its kind:
//!
//! | frame | content |
//! |---|---|
//! | start | the version of the program, the form of the rest, the time |
//! | part | a part of a piece; more of it follows |
//! | piece | a piece of a snapshot, or its last part |
//! | whole | nothing: the snapshot is complete |
//! | turn | events with their clocks, each followed by a digest of its effects |
//! | end | nothing: the server stopped normally |
//!
//! Turns may appear between pieces, but their events follow the snapshot. Invariant: if a crash tears a file,
//! everything before the torn frame can be read.

mod key;
mod reader;
mod turn;
mod writer;

pub use key::RecordingKey;
pub use reader::{ReadError, RecordedEntry, Recording, RecordingStart};
pub use turn::{Recorded, TurnBuffer, turn_events};
pub use writer::{Beginning, RecordingWriter};

/// The first bytes of a recording; the digits are the version of the frames.
const MAGIC: &[u8; 16] = b"ircd-recording02";
/// Size of the random salt after [`MAGIC`], in bytes.
const SALT_BYTES: usize = 32;
/// Maximum length of a frame in bytes. Turns are written together, up to 64 KiB and the event that exceeds
/// it.
const FRAME_BYTES_MAX: usize = 16 << 20;

/// The kinds of frames, which are their first bytes.
mod kind {
    pub(super) const START: u8 = 1;
    pub(super) const PIECE: u8 = 2;
    pub(super) const WHOLE: u8 = 3;
    pub(super) const TURN: u8 = 4;
    pub(super) const END: u8 = 5;
    pub(super) const PART: u8 = 6;
}

#[cfg(test)]
mod tests;

//! A recording: what an engine was at some moment and everything that has happened to it since, in one
//! encrypted file, from which the same run can be repeated anywhere.
//!
//! The file begins with [`MAGIC`] and a random salt. Behind them are frames: a length, then that many bytes,
//! encrypted and authenticated by themselves under a key that is derived from the owner's [`Key`] and the
//! salt. What a frame holds is told by its first byte:
//!
//! | frame | content |
//! |---|---|
//! | start | the version of the program, the form of what follows, the time |
//! | piece | a piece of a snapshot; a long one is cut into parts |
//! | whole | nothing: the snapshot is complete |
//! | turn | events with the clocks at which they happened, each followed by a digest of its effects |
//! | end | nothing: the server stopped in an orderly way |
//!
//! Turns may lie between pieces; they follow the snapshot all the same. Invariant: of a file that was torn by
//! a crash, everything before the torn frame can be read.

mod key;
mod reader;
mod turn;
mod writer;

pub use key::Key;
pub use reader::{Entry, ReadError, Recording, Start};
pub use turn::{Recorded, TurnBuffer, turn_events};
pub use writer::{Begun, Writer};

/// What a recording begins with; the digits are the version of the frames.
const MAGIC: &[u8; 16] = b"ircd-recording01";
/// Bytes of the random salt behind it.
const SALT_BYTES: usize = 32;
/// Longest frame, in bytes: a turn ends at a 1 MiB, or with the event that passes it.
const FRAME_BYTES_MAX: usize = 16 << 20;

/// What the first byte of a frame says is in it.
mod kind {
    pub(super) const START: u8 = 1;
    pub(super) const PIECE: u8 = 2;
    pub(super) const WHOLE: u8 = 3;
    pub(super) const TURN: u8 = 4;
    pub(super) const END: u8 = 5;
    /// A part of a piece; more of it follows.
    pub(super) const PART: u8 = 6;
}

#[cfg(test)]
mod tests;

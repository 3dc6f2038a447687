//! Reads a recording.

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::key::{RecordingKey, Seal};
use super::{FRAME_BYTES_MAX, MAGIC, SALT_BYTES, kind};
use crate::engine::Engine;
use crate::engine::stored::{Malformed, StoredForm};
use crate::state::codec::take_whole;

/// The description at the beginning of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingStart {
    /// The program that wrote it.
    pub program: String,
    /// The form of the snapshot and of the events.
    pub form: StoredForm,
    /// The time at which the snapshot began, in milliseconds since 1970.
    pub wall_ms: u64,
}

/// The reason that a recording cannot be read.
#[derive(Debug)]
pub enum ReadError {
    /// The file cannot be read.
    Io(io::Error),
    /// The file is not a recording.
    NotARecording,
    /// The key is wrong, or the file was changed.
    WrongKey,
    /// The file was written by an incompatible version.
    OtherForm(RecordingStart),
    /// The content is invalid.
    Malformed(Malformed),
    /// The file ends before the snapshot is complete.
    Incomplete,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Io(error) => error.fmt(f),
            ReadError::NotARecording => f.write_str("it is not a recording"),
            ReadError::WrongKey => f.write_str("the key is wrong, or the file was changed"),
            ReadError::OtherForm(start) => write!(
                f,
                "it was written by {} in form {}, but this version reads form {}",
                start.program,
                start.form,
                StoredForm::here()
            ),
            ReadError::Malformed(why) => why.fmt(f),
            ReadError::Incomplete => f.write_str("it ends before its snapshot is complete"),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> ReadError {
        ReadError::Io(error)
    }
}

impl From<Malformed> for ReadError {
    fn from(why: Malformed) -> ReadError {
        ReadError::Malformed(why)
    }
}

/// An entry of a recording after the snapshot.
#[derive(Debug, PartialEq, Eq)]
pub enum RecordedEntry {
    /// The events of a turn; see [`super::turn_events`].
    Turn(Vec<u8>),
    /// The server stopped normally.
    End,
    /// The file ends without [`RecordedEntry::End`], after this many bytes of an incomplete frame.
    Torn(usize),
}

/// A recording that is being read.
#[derive(Debug)]
pub struct Recording {
    /// The description at its beginning.
    pub start: RecordingStart,
    frames: FrameReader,
    /// Turns from between the pieces of the snapshot.
    early: VecDeque<Vec<u8>>,
}

impl Recording {
    /// Opens a recording, and restores the engine at its beginning.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn open(path: &Path, key: &RecordingKey) -> Result<(Recording, Engine), ReadError> {
        let mut frames = FrameReader::open(path, key)?;
        let start = match frames.next()? {
            RecordingFrame::Whole(kind::START, start) => take_whole::<RecordingStart>(&start)?,
            RecordingFrame::Whole(..) => return Err(ReadError::NotARecording),
            RecordingFrame::Torn(_) => return Err(ReadError::Incomplete),
        };
        if start.form != StoredForm::here() {
            return Err(ReadError::OtherForm(start));
        }
        let (mut pieces, mut piece, mut early) = (Vec::new(), Vec::new(), VecDeque::new());
        loop {
            match frames.next()? {
                RecordingFrame::Whole(kind::PART, part) => piece.extend(part),
                RecordingFrame::Whole(kind::PIECE, part) => {
                    piece.extend(part);
                    pieces.push(std::mem::take(&mut piece));
                }
                RecordingFrame::Whole(kind::TURN, turn) => early.push_back(turn),
                RecordingFrame::Whole(kind::WHOLE, _) => break,
                RecordingFrame::Whole(kind, _) => {
                    return Err(Malformed(format!("a frame of kind {kind}")).into());
                }
                RecordingFrame::Torn(_) => return Err(ReadError::Incomplete),
            }
        }
        let engine = Engine::restore(pieces)?;
        Ok((Recording { start, frames, early }, engine))
    }

    /// Returns the next entry.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn next_entry(&mut self) -> Result<RecordedEntry, ReadError> {
        if let Some(turn) = self.early.pop_front() {
            return Ok(RecordedEntry::Turn(turn));
        }
        match self.frames.next()? {
            RecordingFrame::Whole(kind::TURN, turn) => Ok(RecordedEntry::Turn(turn)),
            RecordingFrame::Whole(kind::END, _) => Ok(RecordedEntry::End),
            RecordingFrame::Whole(kind, _) => Err(Malformed(format!("a frame of kind {kind}")).into()),
            RecordingFrame::Torn(bytes) => Ok(RecordedEntry::Torn(bytes)),
        }
    }
}

enum RecordingFrame {
    /// The kind and content.
    Whole(u8, Vec<u8>),
    /// The number of bytes of an incomplete frame.
    Torn(usize),
}

#[derive(Debug)]
struct FrameReader {
    file: BufReader<File>,
    seal: Seal,
}

impl FrameReader {
    fn open(path: &Path, key: &RecordingKey) -> Result<FrameReader, ReadError> {
        let mut file = BufReader::new(File::open(path)?);
        let (mut magic, mut salt) = ([0; MAGIC.len()], [0; SALT_BYTES]);
        let head = file.read_exact(&mut magic).and_then(|()| file.read_exact(&mut salt));
        if head.is_err() || magic != *MAGIC {
            return Err(ReadError::NotARecording);
        }
        Ok(FrameReader { file, seal: Seal::new(key, &salt) })
    }

    fn next(&mut self) -> Result<RecordingFrame, ReadError> {
        let mut len = Vec::new();
        self.file.by_ref().take(size_of::<u32>() as u64).read_to_end(&mut len)?;
        let Ok(len_bytes) = <[u8; 4]>::try_from(&len[..]) else { return Ok(RecordingFrame::Torn(len.len())) };
        let wanted = u32::from_le_bytes(len_bytes) as usize;
        if wanted > FRAME_BYTES_MAX {
            return Err(ReadError::WrongKey);
        }
        let mut bytes = Vec::new();
        self.file.by_ref().take(wanted as u64).read_to_end(&mut bytes)?;
        if bytes.len() < wanted {
            return Ok(RecordingFrame::Torn(len.len() + bytes.len()));
        }
        let opened = self.seal.open(&mut bytes).ok_or(ReadError::WrongKey)?;
        let (&kind, content) = opened.split_first().ok_or(ReadError::NotARecording)?;
        Ok(RecordingFrame::Whole(kind, content.to_vec()))
    }
}

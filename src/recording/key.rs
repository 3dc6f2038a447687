//! The key of recordings, and encryption with it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use data_encoding::HEXLOWER_PERMISSIVE;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};

use super::SALT_BYTES;
use crate::private;

const KEY_BYTES: usize = 32;
/// Maximum size of a key file: hexadecimal digits and a line ending.
const FILE_BYTES_MAX: u64 = 2 * KEY_BYTES as u64 + 2;

/// The secret that decrypts recordings. One key can be used for many files.
#[derive(Clone)]
pub struct RecordingKey(pub(super) [u8; KEY_BYTES]);

impl std::fmt::Debug for RecordingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecordingKey")
    }
}

impl RecordingKey {
    /// Reads a key from a file of 64 hexadecimal digits.
    ///
    /// # Errors
    /// If the file cannot be read or has other contents.
    pub fn read(path: &Path) -> io::Result<RecordingKey> {
        let mut text = String::new();
        File::open(path)?.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
        let bytes = HEXLOWER_PERMISSIVE.decode(text.trim_end().as_bytes()).ok();
        let key = bytes.and_then(|bytes| bytes.try_into().ok()).map(RecordingKey);
        key.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "expected 64 hexadecimal digits"))
    }

    /// Reads a key from a file and restricts the file to its owner; creates it if it is missing.
    ///
    /// # Errors
    /// If the file can be neither read nor created.
    pub fn read_or_create(path: &Path) -> io::Result<RecordingKey> {
        let mut file = match private::options().write(true).create_new(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                private::restrict(path);
                return RecordingKey::read(path);
            }
            Err(error) => return Err(error),
        };
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        writeln!(file, "{}", HEXLOWER_PERMISSIVE.encode(&bytes))?;
        file.sync_all()?;
        Ok(RecordingKey(bytes))
    }

    #[cfg(test)]
    pub(super) fn of(bytes: [u8; KEY_BYTES]) -> RecordingKey {
        RecordingKey(bytes)
    }
}

/// Encrypts or decrypts the frames of one file, in order.
pub(super) struct Seal {
    key: LessSafeKey,
    /// The number of frames so far: the nonce, which is unique because each file has its own key.
    frames: u64,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").field("frames", &self.frames).finish_non_exhaustive()
    }
}

impl Seal {
    pub(super) fn new(key: &RecordingKey, salt: &[u8; SALT_BYTES]) -> Seal {
        let derived = Salt::new(HKDF_SHA256, salt).extract(&key.0);
        let key = derived.expand(&[b"ircd recording"], &AES_256_GCM).map(UnboundKey::from);
        Seal { key: LessSafeKey::new(key.expect("a key of this length can be derived")), frames: 0 }
    }

    fn nonce(&mut self) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        nonce[..8].copy_from_slice(&self.frames.to_le_bytes());
        self.frames += 1;
        Nonce::assume_unique_for_key(nonce)
    }

    /// Encrypts the next frame, which is the bytes from a position on, in place.
    pub(super) fn seal(&mut self, bytes: &mut Vec<u8>, from: usize) {
        let nonce = self.nonce();
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut bytes[from..]);
        bytes.extend_from_slice(tag.expect("frames are short").as_ref());
    }

    /// Decrypts the next frame; `None` if it was changed or encrypted with another key.
    pub(super) fn open<'b>(&mut self, bytes: &'b mut [u8]) -> Option<&'b [u8]> {
        let nonce = self.nonce();
        self.key.open_in_place(nonce, Aad::empty(), bytes).ok().map(|opened| &*opened)
    }
}

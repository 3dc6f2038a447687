//! A short digest of effects, with which two runs of the same events are compared.
//!
//! It is not cryptographic: it detects accidental differences, not forgeries. The contents of jobs are
//! digested as `Debug` shows them, without passphrases.

use std::fmt::{self, Write as _};
use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::engine::border::{Effect, Effects};
use crate::history::Record;
use crate::state::SessionId;

/// Returns the digest of the effects, starting at an index of [`Effects::list`].
pub fn digest(effects: &Effects, from: usize) -> u32 {
    let mut digest = Digest(FxHasher::default());
    for effect in &effects.list()[from..] {
        digest.effect(effects, effect);
    }
    let hash = digest.0.finish();
    (hash ^ hash >> 32) as u32
}

struct Digest(FxHasher);

impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

impl Digest {
    fn effect(&mut self, effects: &Effects, effect: &Effect) {
        match effect {
            Effect::Deliver { line, to } => {
                self.text(b'd', effects.line(*line));
                self.sessions(effects.sessions(*to));
            }
            Effect::Answer { to, line } => {
                self.text(b'a', effects.line(*line));
                self.sessions(&[*to]);
            }
            Effect::Admit { session } => self.of_session(b'm', *session),
            Effect::Hold { session } => self.of_session(b'h', *session),
            Effect::Release { session } => self.of_session(b'r', *session),
            Effect::Close { session } => self.of_session(b'c', *session),
            Effect::Ask { ticket, job } => self.shown(b'j', &(ticket, job)),
            Effect::Reload { ticket } => self.shown(b'l', ticket),
            Effect::Return { id, result } => self.shown(b'x', &(id, result)),
            Effect::Persist { writes, flush } => {
                self.0.write(&[b'p', u8::from(*flush)]);
                for write in writes {
                    self.text(b'k', write.key.as_bytes());
                    self.text(b'v', write.value.as_deref().unwrap_or_default());
                }
            }
            Effect::Record(Record::Keep { item, targets, author }) => {
                self.text(b'i', item.as_bytes());
                self.shown(b't', &(targets, author));
            }
            Effect::Record(record) => self.shown(b'f', record),
            Effect::Note(note) => self.shown(b'n', note),
            Effect::CountLogin(outcome) => self.shown(b'o', outcome),
        }
    }

    /// Adds a text after its length, so that two effects cannot have the digest of one.
    fn text(&mut self, kind: u8, text: &[u8]) {
        let len = (text.len() as u32).to_le_bytes();
        self.0.write(&[kind, len[0], len[1], len[2], len[3]]);
        self.0.write(text);
    }

    fn of_session(&mut self, kind: u8, session: SessionId) {
        self.0.write(&[kind]);
        self.sessions(&[session]);
    }

    fn sessions(&mut self, sessions: &[SessionId]) {
        const AT_ONCE: usize = 64;
        let mut bytes = [0; AT_ONCE * 8];
        for some in sessions.chunks(AT_ONCE) {
            for (eight, session) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(some) {
                let number = u64::from(session.generation) << 32 | u64::from(session.slot);
                *eight = number.to_le_bytes();
            }
            self.0.write(&bytes[..some.len() * 8]);
        }
    }

    fn shown(&mut self, kind: u8, value: &dyn fmt::Debug) {
        self.0.write(&[kind]);
        write!(self, "{value:?}").expect("a digest takes everything");
    }
}

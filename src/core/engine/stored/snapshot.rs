//! Turns the whole engine into pieces of bytes, and back.
//!
//! [`Engine::snapshot`] copies the small parts and shares the large ones (copies of [`State`] share them), so
//! the engine continues at once while the pieces are written elsewhere. The pieces are a head, those of the
//! state, and a tail, and are restored in this order.

use super::StoredForm;
use crate::engine::Engine;
use crate::engine::border::Texts;
use crate::engine::context::ledger::Ledger;
use crate::engine::context::recorder::Recorder;
use crate::engine::context::voice::Scratch;
use crate::engine::setup::ResolvedConfig;
use crate::state::State;
use crate::state::codec::{Malformed, put, take};
use crate::state::snapshot::PieceStart;

/// The first byte of a piece, its kind.
const HEAD: u8 = 1;
const STATE: u8 = 2;
const TAIL: u8 = 3;

/// A copy of an engine that is turned into bytes: an iterator of pieces of about 64 KiB.
#[derive(Debug)]
pub struct Snapshot {
    head: Option<Vec<u8>>,
    state: State,
    next: Option<PieceStart>,
    tail: Option<Vec<u8>>,
}

impl Iterator for Snapshot {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if let Some(head) = self.head.take() {
            return Some(head);
        }
        let Some(place) = self.next.take() else { return self.tail.take() };
        let mut piece = vec![STATE];
        self.next = self.state.put_piece(&place, &mut piece);
        Some(piece)
    }
}

impl Engine {
    /// Starts a snapshot of the engine as it is now. Must not be called during an event.
    pub fn snapshot(&self) -> Snapshot {
        let Engine {
            setup,
            state,
            ids,
            timers,
            waiting,
            // These three are empty except during an event.
            recorder: _,
            scratch: _,
            applying: _,
            bad_records,
            expiry_due_ms,
        } = self;
        let (mut head, mut tail) = (vec![HEAD], vec![TAIL]);
        put(&mut head, &StoredForm::here());
        // The rest of the setup is derived from these.
        put(&mut head, &setup.texts);
        put(&mut head, &setup.cloak_secret);
        put(&mut head, &setup.started_s);
        put(&mut tail, ids);
        put(&mut tail, timers);
        put(&mut tail, waiting);
        put(&mut tail, bad_records);
        put(&mut tail, expiry_due_ms);
        Snapshot {
            head: Some(head),
            state: State::clone(state),
            next: Some(PieceStart::START),
            tail: Some(tail),
        }
    }

    /// Restores an engine as it was when a snapshot was started.
    ///
    /// # Errors
    /// If the pieces are not a complete snapshot in order, have another form than [`StoredForm::here`], or
    /// contain a configuration that this version does not accept.
    pub fn restore(pieces: impl IntoIterator<Item = Vec<u8>>) -> Result<Engine, Malformed> {
        let mut setup = None;
        let mut state = State::default();
        for piece in pieces {
            let (kind, bytes) = piece.split_first().ok_or_else(|| malformed("an empty piece"))?;
            match (*kind, setup.take()) {
                (HEAD, None) => setup = Some(read_setup(bytes)?),
                (STATE, Some(known)) => {
                    state.take_piece(bytes)?;
                    setup = Some(known);
                }
                (TAIL, Some(setup)) => return read_tail(setup, state, bytes),
                (kind, _) => return Err(malformed(format!("a piece of kind {kind} is not expected here"))),
            }
        }
        Err(malformed("the snapshot is not complete"))
    }
}

fn read_setup(mut bytes: &[u8]) -> Result<ResolvedConfig, Malformed> {
    let bytes = &mut bytes;
    let form: StoredForm = take(bytes)?;
    if form != StoredForm::here() {
        return Err(malformed(format!("it has form {form}, this version reads {}", StoredForm::here())));
    }
    let (texts, cloak_secret, started_s) = (take::<Texts>(bytes)?, take(bytes)?, take(bytes)?);
    let config = Box::new(super::read_config(&texts.document)?);
    Ok(ResolvedConfig::new(config, cloak_secret, &texts, started_s))
}

fn read_tail(setup: ResolvedConfig, state: State, mut bytes: &[u8]) -> Result<Engine, Malformed> {
    let bytes = &mut bytes;
    Ok(Engine {
        setup,
        state: Ledger::new(state),
        ids: take(bytes)?,
        timers: take(bytes)?,
        waiting: take(bytes)?,
        recorder: Recorder::default(),
        scratch: Scratch::default(),
        applying: false,
        bad_records: take(bytes)?,
        expiry_due_ms: take(bytes)?,
    })
}

fn malformed(why: impl Into<String>) -> Malformed {
    Malformed(why.into())
}

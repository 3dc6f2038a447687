//! The whole engine in pieces of bytes, and back.
//!
//! [`Engine::snapshot`] copies what is small and shares the rest (copies of [`State`] share its large
//! parts), so the engine goes on at once while the pieces are written elsewhere. The pieces are a head,
//! then those of the state, then a tail; they are restored in this order.

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

/// What the first byte of a piece says is in it.
const HEAD: u8 = 1;
const STATE: u8 = 2;
const TAIL: u8 = 3;

/// A copy of an engine on its way to bytes: an iterator of pieces, each of about 64 KiB.
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
    /// Begins a snapshot: everything the engine is now. It must not be within an event.
    pub fn snapshot(&self) -> Snapshot {
        let Engine {
            setup,
            state,
            ids,
            timers,
            waiting,
            // These three hold something only within an event.
            recorder: _,
            scratch: _,
            applying: _,
            bad_records,
            expiry_due_ms,
        } = self;
        let (mut head, mut tail) = (vec![HEAD], vec![TAIL]);
        put(&mut head, &StoredForm::here());
        // What else is in the setup follows from these.
        put(&mut head, &setup.texts);
        put(&mut head, &setup.cloak_secret);
        put(&mut head, &setup.started);
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

    /// An engine as it was when a snapshot began.
    ///
    /// # Errors
    /// The pieces are not all of a snapshot in its order, have another form than [`StoredForm::here`], or hold a
    /// configuration that this version does not accept.
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
    let (texts, cloak_secret, started) = (take::<Texts>(bytes)?, take(bytes)?, take(bytes)?);
    let config = Box::new(super::read_config(&texts.document)?);
    Ok(ResolvedConfig::new(config, cloak_secret, &texts, started))
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

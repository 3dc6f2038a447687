//! Converts the state to pieces of bytes, and back. Unlike [`super::record`], they contain all of it, also
//! parts that a restart drops, and every order that affects later decisions (free slots, members,
//! watchers).
//!
//! A piece has about [`PIECE_BYTES`] and can be written while others wait. The pieces are read in order
//! into an empty state.

use super::codec::{Malformed, put, take};
use super::{Account, State};

/// The size at which a piece ends, in bytes; a single large value can exceed it.
pub const PIECE_BYTES: usize = 64 << 10;

/// The position at which a piece begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PieceStart {
    /// A slot of the sessions.
    Sessions(u32),
    /// A slot of the users.
    Users(u32),
    /// A slot of the channels.
    Channels(u32),
    /// After an account, or (`None`) at the first.
    Accounts(Option<Box<str>>),
    /// One of the fields that are written whole.
    Field(usize),
}

impl PieceStart {
    /// The beginning of the first piece.
    pub const START: PieceStart = PieceStart::Sessions(0);
}

/// The first byte of a piece, which identifies its content.
const SESSIONS: u8 = 1;
const USERS: u8 = 2;
const CHANNELS: u8 = 3;
const ACCOUNTS: u8 = 4;
const FIELD: u8 = 5;

/// Defines functions for the fields that are written whole, one piece each.
macro_rules! fields {
    ($($field:ident)*) => {
        const FIELDS: usize = [$(stringify!($field)),*].len();

        /// Names every field of the state, so that a new field causes a compile error.
        fn put_field(state: &State, number: usize, out: &mut Vec<u8>) {
            let State { sessions: _, users: _, channels: _, accounts: _, $($field),* } = state;
            let mut at = 0;
            $(
                if at == number {
                    put(out, $field);
                }
                at += 1;
            )*
            debug_assert!(number < at);
        }

        fn take_field(state: &mut State, number: usize, bytes: &mut &[u8]) -> Result<(), Malformed> {
            let mut at = 0;
            $(
                if at == number {
                    state.$field = take(bytes)?;
                }
                at += 1;
            )*
            if number < at { Ok(()) } else { Err(Malformed(format!("there is no field {number}"))) }
        }
    };
}

fields! {
    monitors whowas connections counts registrations mail_log retired_accounts purges cloak_secret bans defcon
    snomask_readers store_full dirty dirty_soon nicks account_users reserved_nicks reserved_skeletons certfps
    skeletons channel_names
}

impl State {
    /// Appends the piece that begins at a position. Returns where the next one begins.
    pub fn put_piece(&self, place: &PieceStart, out: &mut Vec<u8>) -> Option<PieceStart> {
        match place {
            PieceStart::Sessions(slot) => {
                out.push(SESSIONS);
                let next = self.sessions.put(*slot, PIECE_BYTES, out);
                Some(next.map_or(PieceStart::Users(0), PieceStart::Sessions))
            }
            PieceStart::Users(slot) => {
                out.push(USERS);
                let next = self.users.put(*slot, PIECE_BYTES, out);
                Some(next.map_or(PieceStart::Channels(0), PieceStart::Users))
            }
            PieceStart::Channels(slot) => {
                out.push(CHANNELS);
                let next = self.channels.put(*slot, PIECE_BYTES, out);
                Some(next.map_or(PieceStart::Accounts(None), PieceStart::Channels))
            }
            PieceStart::Accounts(last) => {
                out.push(ACCOUNTS);
                let next = self.put_accounts(last.as_deref(), out);
                Some(next.map_or(PieceStart::Field(0), |last| PieceStart::Accounts(Some(last))))
            }
            PieceStart::Field(number) => {
                out.push(FIELD);
                put(out, number);
                put_field(self, *number, out);
                (number + 1 < FIELDS).then_some(PieceStart::Field(number + 1))
            }
        }
    }

    fn put_accounts(&self, last: Option<&str>, out: &mut Vec<u8>) -> Option<Box<str>> {
        let start = out.len();
        for (key, account) in self.accounts.iter_after(last) {
            put(out, key);
            put(out, &**account);
            if out.len() - start >= PIECE_BYTES {
                return Some(key.into());
            }
        }
        None
    }

    /// Reads the next piece.
    ///
    /// # Errors
    /// Bytes that are not a piece of a state.
    pub fn take_piece(&mut self, mut bytes: &[u8]) -> Result<(), Malformed> {
        let bytes = &mut bytes;
        match take(bytes)? {
            SESSIONS => self.sessions.take(bytes)?,
            USERS => self.users.take(bytes)?,
            CHANNELS => self.channels.take(bytes)?,
            ACCOUNTS => {
                while !bytes.is_empty() {
                    let (key, account) = (take(bytes)?, take::<Account>(bytes)?);
                    self.accounts.insert(key, account.into());
                }
            }
            FIELD => {
                let number = take(bytes)?;
                take_field(self, number, bytes)?;
            }
            kind => return Err(Malformed(format!("a piece of kind {kind}"))),
        }
        if bytes.is_empty() { Ok(()) } else { Err(Malformed("a piece is longer than what is in it".into())) }
    }
}

//! Changes to the stored history.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::item::Item;
use crate::wire::MsgId;

/// The channel or conversation that an item belongs to. Names are folded; most are short enough to need no
/// allocation, of which there would be one for every stored message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HistoryKey {
    /// A channel.
    Channel(SmolStr),
    /// One side of a conversation.
    Conversation {
        /// The account that owns this side.
        owner: SmolStr,
        /// The peer: an account, or a nick without one.
        with: SmolStr,
    },
}

/// A change to the stored history. Order matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Stores an item.
    Keep {
        /// The item.
        item: Item,
        /// Its targets; two for a conversation that both sides store.
        targets: SmallVec<[HistoryKey; 1]>,
        /// The account that can export or delete it.
        author: Option<Box<str>>,
    },
    /// Deletes an item.
    Delete {
        /// Its targets.
        targets: SmallVec<[HistoryKey; 1]>,
        /// Its id.
        id: MsgId,
    },
    /// Deletes all messages of an account.
    Forget {
        /// The account.
        account: Box<str>,
    },
}

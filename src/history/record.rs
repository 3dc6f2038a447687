//! Changes of what is stored for good, in the order in which they happened.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::item::Item;
use crate::wire::MsgId;

/// Whose history something belongs to. Names are folded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HistoryKey {
    /// A channel's.
    Channel(Box<str>),
    /// One side's of a conversation between two.
    Conversation {
        /// The account whose side it is.
        owner: Box<str>,
        /// The other one: an account, or the nick of someone who has none.
        with: Box<str>,
    },
}

/// A change of what is stored for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Something was said or done.
    Keep {
        /// What.
        item: Item,
        /// Where it is to be found; two for a conversation that both keep.
        targets: SmallVec<[HistoryKey; 1]>,
        /// The account by which it can be found as well, to be exported or forgotten.
        author: Option<Box<str>>,
    },
    /// Something is taken back.
    Delete {
        /// Where it was to be found.
        targets: SmallVec<[HistoryKey; 1]>,
        /// Which item.
        id: MsgId,
    },
    /// All that an account said is taken back.
    Forget {
        /// The account.
        account: Box<str>,
    },
}

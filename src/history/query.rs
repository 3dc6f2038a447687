//! What can be asked of a history, and the answers.

use super::item::Item;
use super::record::HistoryKey;
use crate::wire::MsgId;

/// From which end items are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The oldest within the bounds.
    Oldest,
    /// The latest within the bounds.
    Newest,
}

/// Up to so many items between two ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Only later items than this.
    pub after: Option<MsgId>,
    /// Only earlier items than this.
    pub before: Option<MsgId>,
    /// Which of them, if there are more than `limit`.
    pub from: End,
    /// How many, at most.
    pub limit: usize,
    /// Whether what is not a message counts, too.
    pub events: bool,
}

impl Range {
    /// Whether an item with this id is within the bounds.
    pub fn contains(&self, id: MsgId) -> bool {
        self.after.is_none_or(|after| id > after) && self.before.is_none_or(|before| id < before)
    }

    /// Whether no id can be within the bounds.
    pub fn is_empty(&self) -> bool {
        self.limit == 0 || matches!((self.after, self.before), (Some(after), Some(before)) if after >= before)
    }
}

/// Which targets are wanted: those whose latest message is within the bounds (CHATHISTORY TARGETS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The account whose conversations are among them.
    pub owner: Option<Box<str>>,
    /// The channels among them, by their folded names.
    pub channels: Vec<Box<str>>,
    /// Their latest message is later than this.
    pub after: Option<MsgId>,
    /// Their latest message is earlier than this.
    pub before: Option<MsgId>,
    /// Which of them, if there are more than `limit`.
    pub from: End,
    /// How many, at most.
    pub limit: usize,
}

/// A question to the stored history. It is answered as if all that was recorded before it were stored already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The items of some ranges, each once, in the order of their ids.
    Page {
        /// Whose.
        target: HistoryKey,
        /// Which; at most two.
        ranges: Vec<Range>,
    },
    /// Targets with the id of their latest message, in the order of these ids.
    Targets(Listing),
    /// One item.
    Find {
        /// Where.
        target: HistoryKey,
        /// Which.
        id: MsgId,
    },
    /// What an account said in channels, to a file of JSON lines.
    Export {
        /// The account.
        account: Box<str>,
        /// The file, which must not exist yet.
        file: String,
    },
}

/// The answer to a [`Query`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// To [`Query::Page`] and [`Query::Find`].
    Items(Vec<Item>),
    /// To [`Query::Targets`].
    Targets(Vec<(HistoryKey, MsgId)>),
    /// To [`Query::Export`]: how many items the file holds.
    Exported(u64),
}

//! Which part of a history is wanted.

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

//! Queries to a history, and their answers.

use serde::{Deserialize, Serialize};

use super::item::Item;
use super::record::HistoryKey;
use crate::wire::MsgId;

/// The end from which a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The oldest within the bounds.
    Oldest,
    /// The latest within the bounds.
    Newest,
}

/// Size in bytes at which a page ends, whatever its limit. The page includes the item that reaches this
/// size, so a page with fewer bytes is known to be complete.
pub const PAGE_BYTES_MAX: usize = 1 << 20;

/// Truncates a list of items, oldest first, after the item that reaches `bytes_max`, counted from `from`.
pub fn cut(items: &mut Vec<Item>, from: End, bytes_max: usize) {
    let mut bytes = 0;
    let mut is_kept = |item: &Item| {
        let is_within = bytes < bytes_max;
        bytes += item.as_bytes().len();
        is_within
    };
    match from {
        End::Oldest => {
            let count = items.iter().take_while(|item| is_kept(item)).count();
            items.truncate(count);
        }
        End::Newest => {
            let count = items.iter().rev().take_while(|item| is_kept(item)).count();
            items.drain(..items.len() - count);
        }
    }
}

/// A limited number of items between two ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Only later items than this.
    pub after: Option<MsgId>,
    /// Only earlier items than this.
    pub before: Option<MsgId>,
    /// The end to keep if there are more than `limit`.
    pub from: End,
    /// The maximum number.
    pub limit: usize,
    /// Whether to include events that are not messages.
    pub events: bool,
}

impl Range {
    /// Returns whether an id is within the bounds.
    pub fn contains(&self, id: MsgId) -> bool {
        self.after.is_none_or(|after| id > after) && self.before.is_none_or(|before| id < before)
    }

    /// Returns whether no id can be within the bounds.
    pub fn is_empty(&self) -> bool {
        self.limit == 0 || matches!((self.after, self.before), (Some(after), Some(before)) if after >= before)
    }
}

/// A query for targets whose latest message is within the bounds (CHATHISTORY TARGETS).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Includes the conversations of this account.
    pub owner: Option<Box<str>>,
    /// Includes these channels, by folded name.
    pub channels: Vec<Box<str>>,
    /// Their latest message is later than this.
    pub after: Option<MsgId>,
    /// Their latest message is earlier than this.
    pub before: Option<MsgId>,
    /// The end to keep if there are more than `limit`.
    pub from: End,
    /// The maximum number.
    pub limit: usize,
}

/// A query to the stored history. The answer includes everything recorded before the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The items of some ranges, each once, ordered by id.
    Page {
        /// The target.
        target: HistoryKey,
        /// The ranges, at most two.
        ranges: Vec<Range>,
    },
    /// Targets with the id of their latest message, ordered by these ids.
    Targets(Listing),
    /// One item.
    Find {
        /// The target.
        target: HistoryKey,
        /// The id.
        id: MsgId,
    },
    /// The messages of an account in channels, exported to a file of JSON Lines.
    Export {
        /// The account.
        account: Box<str>,
        /// The file, which must not exist yet.
        file: String,
    },
}

/// The answer to a [`Query`]. Items of a page are [`cut`] to [`PAGE_BYTES_MAX`] in each range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    /// To [`Query::Page`] and [`Query::Find`].
    Items(Vec<Item>),
    /// To [`Query::Targets`].
    Targets(Vec<(HistoryKey, MsgId)>),
    /// To [`Query::Export`]: the number of items in the file.
    Exported(u64),
}

#[cfg(test)]
mod tests {
    use super::super::item::{Fields, Kind};
    use super::*;

    #[test]
    fn a_page_is_cut_from_either_end_with_the_item_that_reaches_the_limit() {
        let item = |ms| {
            Item::new(&Fields {
                id: MsgId::new(ms, 0, 0),
                kind: Kind::Privmsg,
                source: "a!b@c",
                account: None,
                bot: false,
                client_tags: "",
                params: "#c",
                text: Some("text"),
            })
        };
        let all: Vec<Item> = (1..=5).map(item).collect();
        let bytes = all[0].as_bytes().len();
        for (from, bytes_max, left) in [
            (End::Oldest, bytes * 2, vec![1, 2]),
            (End::Oldest, bytes * 2 + 1, vec![1, 2, 3]),
            (End::Newest, bytes * 2, vec![4, 5]),
            (End::Newest, 1, vec![5]),
            (End::Newest, bytes * 9, vec![1, 2, 3, 4, 5]),
        ] {
            let mut items = all.clone();
            cut(&mut items, from, bytes_max);
            assert_eq!(items.iter().map(|item| item.id().wall_ms()).collect::<Vec<_>>(), left);
        }
    }
}

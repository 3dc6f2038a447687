//! What can be asked of a history, and the answers.

use serde::{Deserialize, Serialize};

use super::item::Item;
use super::record::HistoryKey;
use crate::wire::MsgId;

/// From which end items are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The oldest within the bounds.
    Oldest,
    /// The latest within the bounds.
    Newest,
}

/// Bytes of items after which a page ends, however many messages were asked for. The item that reaches them is part of
/// the page, so that one with fewer bytes is known to be whole.
pub const PAGE_BYTES_MAX: usize = 1 << 20;

/// Ends a list of items, oldest first, where it reaches `bytes_max`, counted from one end.
pub fn cut(items: &mut Vec<Item>, from: End, bytes_max: usize) {
    let mut bytes = 0;
    let mut is_within = |item: &Item| {
        let fits = bytes < bytes_max;
        bytes += item.as_bytes().len();
        fits
    };
    match from {
        End::Oldest => {
            let count = items.iter().take_while(|item| is_within(item)).count();
            items.truncate(count);
        }
        End::Newest => {
            let count = items.iter().rev().take_while(|item| is_within(item)).count();
            items.drain(..items.len() - count);
        }
    }
}

/// Up to so many items between two ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// The answer to a [`Query`]. Items of a page are [`cut`] to [`PAGE_BYTES_MAX`] in each range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    /// To [`Query::Page`] and [`Query::Find`].
    Items(Vec<Item>),
    /// To [`Query::Targets`].
    Targets(Vec<(HistoryKey, MsgId)>),
    /// To [`Query::Export`]: how many items the file holds.
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

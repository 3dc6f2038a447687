//! The latest items, in memory.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::item::Item;
use super::query::{End, Range};
use crate::wire::MsgId;

/// The length from which the ring grows only if its items cover less than the window.
const GROWS_FROM: usize = 32;

/// Overhead of an item in bytes: its place in the ring, reference counts, rounding by the allocator.
const ENTRY_BYTES: usize = 64;
/// The average size of an item in bytes that a full ring allows.
const ITEM_BYTES: usize = 512;
/// The number of bytes that a ring may hold, however few items it allows.
const RING_BYTES_MIN: usize = 64 << 10;

/// The bounds of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The maximum number of items.
    pub items_max: usize,
    /// A ring whose items cover more than this time does not grow (`autoresize-window`); 0 disables this.
    pub window_ms: u64,
}

impl Bounds {
    /// Returns the maximum size in bytes. It is based on items of usual size, so long messages shorten a
    /// ring instead of multiplying its memory.
    fn bytes_max(&self) -> usize {
        self.items_max.saturating_mul(ITEM_BYTES).max(RING_BYTES_MIN)
    }
}

/// The latest items of a channel, or of all conversations of a user. Ordered by id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ring {
    entries: VecDeque<Entry>,
    /// The size of all entries.
    bytes: usize,
    complete: Complete,
}

/// From where on only deleted items are missing in a ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Complete {
    /// Nothing is known to be complete.
    #[default]
    Nowhere,
    /// From this id on.
    From(MsgId),
    /// From the oldest item on, of which there is one. Its id is read only if it is needed: at every push, it
    /// would have to be fetched from memory that has not been used for a long time.
    FromOldest,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    /// The peer, folded; empty in a channel.
    with: Box<str>,
    item: Item,
}

impl Entry {
    fn bytes(&self) -> usize {
        self.item.as_bytes().len() + self.with.len() + ENTRY_BYTES
    }
}

impl Ring {
    /// Adds the latest item; drops the oldest if the ring is full.
    pub fn push(&mut self, with: &str, item: Item, bounds: Bounds) {
        if bounds.items_max == 0 {
            // The old items are no longer the latest ones.
            *self = Ring::default();
            return;
        }
        let covers_window = |oldest: &Entry| {
            let age_ms = item.id().wall_ms().saturating_sub(oldest.item.id().wall_ms());
            bounds.window_ms > 0 && age_ms >= bounds.window_ms
        };
        // The ring grows by doubling; only then does the window matter. A full ring does not grow.
        let is_step = (GROWS_FROM..bounds.items_max).contains(&self.entries.len())
            && self.entries.len().is_power_of_two();
        let stays = is_step && self.entries.front().is_some_and(covers_window);
        let entry = Entry { with: with.into(), item };
        self.bytes += entry.bytes();
        while self.entries.len() >= bounds.items_max
            || (stays && self.entries.len().is_power_of_two())
            || (self.bytes > bounds.bytes_max() && !self.entries.is_empty())
        {
            self.bytes -= self.entries.pop_front().map_or(0, |gone| gone.bytes());
            if let Complete::From(from) = self.complete
                && self.entries.front().is_none_or(|oldest| oldest.item.id() > from)
            {
                self.complete = Complete::FromOldest;
            }
        }
        if self.complete == Complete::Nowhere {
            self.complete = Complete::From(entry.item.id());
        }
        self.entries.push_back(entry);
    }

    /// Drops the oldest items until at most `items_max` are left.
    pub fn shorten(&mut self, items_max: usize) {
        let excess = self.entries.len().saturating_sub(items_max);
        if excess > 0 {
            self.bytes -= self.entries.drain(..excess).map(|gone| gone.bytes()).sum::<usize>();
            self.entries.shrink_to_fit();
        }
        if excess > 0 || items_max == 0 {
            self.complete = if self.entries.is_empty() { Complete::Nowhere } else { Complete::FromOldest };
        }
    }

    /// Returns the id from which it is complete; `None` while it is empty.
    pub fn complete_from(&self) -> Option<MsgId> {
        match self.complete {
            Complete::Nowhere => None,
            Complete::From(id) => Some(id),
            Complete::FromOldest => self.entries.front().map(|entry| entry.item.id()),
        }
    }

    /// Keeps the id from which it is complete, although the oldest item may be removed now.
    fn settle(&mut self) {
        self.complete = self.complete_from().map_or(Complete::Nowhere, Complete::From);
    }

    /// Marks that earlier items may be missing.
    pub fn interrupt(&mut self) {
        self.complete = Complete::Nowhere;
    }

    /// Returns the items of a range with one peer (or, for `None`, with all), oldest first.
    pub fn page(&self, with: Option<&str>, range: &Range) -> Vec<Item> {
        let from = range.after.map_or(0, |after| self.entries.partition_point(|e| e.item.id() <= after));
        let to = range.before.map_or(self.entries.len(), |before| {
            self.entries.partition_point(|entry| entry.item.id() < before)
        });
        if from >= to {
            return Vec::new();
        }
        let wanted = |entry: &&Entry| {
            with.is_none_or(|with| *entry.with == *with) && (range.events || entry.item.kind().is_message())
        };
        let within = self.entries.range(from..to).filter(wanted).map(|entry| &entry.item);
        match range.from {
            End::Oldest => within.take(range.limit).cloned().collect(),
            End::Newest => {
                let mut page: Vec<Item> = within.rev().take(range.limit).cloned().collect();
                page.reverse();
                page
            }
        }
    }

    /// Returns the item with this id, if it is with this peer (or, for `None`, with any).
    pub fn find(&self, with: Option<&str>, id: MsgId) -> Option<&Item> {
        let found = self.position(id).map(|at| &self.entries[at]);
        found.filter(|entry| with.is_none_or(|with| *entry.with == *with)).map(|entry| &entry.item)
    }

    /// Removes an item; returns whether it was there.
    pub fn remove(&mut self, id: MsgId) -> bool {
        self.settle();
        let removed = self.position(id).and_then(|at| self.entries.remove(at));
        self.bytes -= removed.as_ref().map_or(0, Entry::bytes);
        removed.is_some()
    }

    /// Removes all items that match a predicate.
    pub fn remove_all(&mut self, is_removed: impl Fn(&Item) -> bool) {
        self.settle();
        self.entries.retain(|entry| !is_removed(&entry.item));
        self.bytes = self.entries.iter().map(Entry::bytes).sum();
    }

    /// Returns all peers of messages, each once, with the id of the latest.
    pub fn correspondents(&self) -> Vec<(&str, MsgId)> {
        let mut latest = indexmap::IndexMap::new();
        for entry in self.entries.iter().rev().filter(|entry| entry.item.kind().is_message()) {
            latest.entry(&*entry.with).or_insert_with(|| entry.item.id());
        }
        latest.into_iter().collect()
    }

    /// Returns the number of items.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn position(&self, id: MsgId) -> Option<usize> {
        self.entries.binary_search_by(|entry| entry.item.id().cmp(&id)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::item::{Fields, Kind};
    use super::*;

    const ROOM: Bounds = Bounds { items_max: 100, window_ms: 0 };

    fn item(ms: u64, kind: Kind) -> Item {
        Item::new(&Fields {
            id: MsgId::new(ms, 0, 0),
            kind,
            source: "a!b@c",
            account: None,
            bot: false,
            client_tags: "",
            params: "#c",
            text: None,
        })
    }

    fn times(items: &[Item]) -> Vec<u64> {
        items.iter().map(|item| item.id().wall_ms()).collect()
    }

    #[test]
    fn dropping_the_oldest_moves_the_start_of_completeness() {
        let mut ring = Ring::default();
        assert_eq!(ring.complete_from(), None);
        for ms in 1..=5 {
            ring.push("", item(ms, Kind::Privmsg), Bounds { items_max: 3, window_ms: 0 });
        }
        assert_eq!(ring.complete_from(), Some(MsgId::new(3, 0, 0)));
        let all = Range { after: None, before: None, from: End::Newest, limit: 9, events: true };
        assert_eq!(times(&ring.page(None, &all)), [3, 4, 5]);
        assert!(ring.remove(MsgId::new(3, 0, 0)) && !ring.remove(MsgId::new(3, 0, 0)));
        // A deleted item does not make the ring incomplete.
        assert_eq!(ring.complete_from(), Some(MsgId::new(3, 0, 0)));
    }

    #[test]
    fn a_full_ring_is_not_complete_before_an_interruption() {
        let (mut ring, bounds) = (Ring::default(), Bounds { items_max: 3, window_ms: 0 });
        (1..=3).for_each(|ms| ring.push("", item(ms, Kind::Privmsg), bounds));
        ring.interrupt();
        for (ms, from) in [(4, 4), (5, 4), (6, 4), (7, 5)] {
            ring.push("", item(ms, Kind::Privmsg), bounds);
            assert_eq!(ring.complete_from(), Some(MsgId::new(from, 0, 0)), "after {ms}");
        }
    }

    #[test]
    fn long_items_shorten_a_ring_instead_of_growing_its_memory() {
        let long = |ms| {
            let item = item(ms, Kind::Privmsg);
            let tags = "x".repeat(4096);
            Item::new(&Fields { client_tags: &tags, ..item.fields() })
        };
        let bounds = Bounds { items_max: 1000, window_ms: 0 };
        let mut ring = Ring::default();
        (1..=500).for_each(|ms| ring.push("", long(ms), bounds));
        assert!((100..150).contains(&ring.len()), "{}", ring.len());
        assert!(ring.bytes <= 1000 * ITEM_BYTES && ring.complete_from() == Some(ring.entries[0].item.id()));
        ring.remove(MsgId::new(500, 0, 0));
        ring.remove_all(|item| item.id().wall_ms() < 450);
        ring.shorten(20);
        assert_eq!(ring.bytes, ring.entries.iter().map(Entry::bytes).sum::<usize>());
        // One item always fits.
        ring.push("", long(501), Bounds { items_max: 1, window_ms: 0 });
        assert_eq!(ring.len(), 1);
        (502..=600).for_each(|ms| ring.push("", item(ms, Kind::Privmsg), bounds));
        assert_eq!(ring.len(), 100);
    }

    #[test]
    fn a_ring_that_covers_its_window_does_not_grow() {
        let bounds = Bounds { items_max: 1000, window_ms: 100 };
        let (mut slow, mut fast) = (Ring::default(), Ring::default());
        for n in 0..500 {
            slow.push("", item(n * 10, Kind::Privmsg), bounds);
            fast.push("", item(n / 10, Kind::Privmsg), bounds);
        }
        assert_eq!((slow.len(), fast.len()), (32, 500));
    }

    #[test]
    fn a_page_counts_from_its_end_and_is_in_order() {
        let mut ring = Ring::default();
        for ms in 1..=9 {
            let kind = if ms % 3 == 0 { Kind::Join } else { Kind::Privmsg };
            ring.push(if ms < 5 { "x" } else { "y" }, item(ms, kind), ROOM);
        }
        let range = Range {
            after: Some(MsgId::new(1, 0, 0)),
            before: Some(MsgId::new(9, 0, 0)),
            from: End::Newest,
            limit: 3,
            events: true,
        };
        assert_eq!(times(&ring.page(None, &range)), [6, 7, 8]);
        assert_eq!(times(&ring.page(None, &Range { from: End::Oldest, ..range })), [2, 3, 4]);
        assert_eq!(times(&ring.page(None, &Range { events: false, ..range })), [5, 7, 8]);
        assert_eq!(times(&ring.page(Some("x"), &range)), [2, 3, 4]);
        assert_eq!(ring.correspondents(), [("y", MsgId::new(8, 0, 0)), ("x", MsgId::new(4, 0, 0))]);
    }
}

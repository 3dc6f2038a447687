//! What was said, as plain data: items, where they belong, how a page of them is asked for, and the ring
//! that keeps the latest in memory. Not how they are stored for good, which is [`crate::archive`]'s.
//!
//! Invariant: ids sort like time ([`MsgId`](crate::wire::MsgId)), so a page is a range of ids.

mod item;
mod query;
mod record;
mod ring;

pub use item::{Fields, Item, Kind};
pub use query::{End, Found, Listing, PAGE_BYTES_MAX, Query, Range, cut};
pub use record::{HistoryKey, Record};
pub use ring::{Bounds, Ring};

//! History as plain data: items, their channel or conversation, queries for pages, and the ring that
//! keeps the latest items in memory. Storing them permanently is left to the module `archive` of `ircd`.
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

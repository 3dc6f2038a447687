//! What a database must be able to do to hold the history.

use std::future::Future;

use super::Error;
use crate::history::{Found, Query, Record};
use crate::wire::MsgId;

/// A database of history. One suite of tests in `tests/archive` holds all of them to the same behaviour.
///
/// At most one call of `prepare`, `store` and `expire` runs at a time; `answer` runs beside them and each other.
pub trait Backend: 'static {
    /// Makes sure that it is there and has this version's layout. Called before anything else, and again
    /// after a failure. Gives the id of the latest item.
    fn prepare(&self) -> impl Future<Output = Result<Option<MsgId>, Error>>;

    /// Stores records in their order, all or (but for what was forgotten) none. What is there already stays as
    /// it is, so that the same records can be stored again.
    fn store(&self, records: &[Record]) -> impl Future<Output = Result<(), Error>>;

    /// Answers from what is stored.
    fn answer(&self, query: &Query) -> impl Future<Output = Result<Found, Error>>;

    /// Deletes about so many of the oldest items before an id; gives how many there were. Fewer than `limit`
    /// means that none are left.
    fn expire(&self, before: MsgId, limit: usize) -> impl Future<Output = Result<u64, Error>>;

    /// Closes what is open, in order; nothing is asked of it afterwards.
    fn close(&self) -> impl Future<Output = ()>;
}

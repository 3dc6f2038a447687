//! The interface of a database that stores history.

use std::future::Future;

use super::Error;
use crate::history::{Found, Query, Record};
use crate::wire::MsgId;

/// A database of history. A common suite of tests in `tests/archive` checks that all of them behave alike.
///
/// At most one call of `prepare`, `store` and `expire` runs at a time; calls of `answer` run concurrently
/// with these and each other.
pub trait Backend: 'static {
    /// Ensures that the database exists and has this version's layout. Called before anything else, and again
    /// after a failure. Returns the id of the latest item.
    fn prepare(&self) -> impl Future<Output = Result<Option<MsgId>, Error>>;

    /// Stores records in order, all of them or none; only the messages of an account may be deleted in part.
    /// Items that are stored already stay unchanged, so storing the same records again is safe.
    fn store(&self, records: &[Record]) -> impl Future<Output = Result<(), Error>>;

    /// Answers a query from the stored items.
    fn answer(&self, query: &Query) -> impl Future<Output = Result<Found, Error>>;

    /// Deletes about `limit` of the oldest items before an id. Returns their number; fewer than `limit` means
    /// that none are left.
    fn expire(&self, before: MsgId, limit: usize) -> impl Future<Output = Result<u64, Error>>;

    /// Closes all connections cleanly. Nothing else is called afterwards.
    fn close(&self) -> impl Future<Output = ()>;
}

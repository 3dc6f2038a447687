//! What a database has to do in order to store history.

use std::future::Future;

use super::Error;
use crate::history::{Found, Query, Record};
use crate::wire::MsgId;

/// A database of history. One suite of tests in `tests/archive` holds all of them to the same behaviour.
///
/// At most one call of `prepare`, `store` and `expire` runs at a time; `answer` runs beside them and each
/// other.
pub trait Backend: 'static {
    /// Makes sure that the database exists and has this version's layout. Called before anything else, and
    /// again after a failure. Returns the id of the latest item.
    fn prepare(&self) -> impl Future<Output = Result<Option<MsgId>, Error>>;

    /// Stores records in their order, all of them or none, except that what an account said may be deleted in
    /// part. What is stored already stays as it is, so that the same records can be stored again.
    fn store(&self, records: &[Record]) -> impl Future<Output = Result<(), Error>>;

    /// Answers from what is stored.
    fn answer(&self, query: &Query) -> impl Future<Output = Result<Found, Error>>;

    /// Deletes about `limit` of the oldest items before an id. Returns how many; fewer than `limit` means
    /// that none are left.
    fn expire(&self, before: MsgId, limit: usize) -> impl Future<Output = Result<u64, Error>>;

    /// Closes all connections in order. Nothing else is called afterwards.
    fn close(&self) -> impl Future<Output = ()>;
}

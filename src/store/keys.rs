//! The keys of the datastore. A key is a path of ASCII words; the first word is the kind of record, so that
//! records of one kind are adjacent and can be read as a range. Keys that begin with `meta/` describe the
//! datastore itself; all others are records, which the engine names and reads. All keys are in one tree of
//! sled, because only changes to one tree are atomic: a migration changes the records and the schema version,
//! or neither.

/// The version of the layout of all other records, a decimal number.
pub(super) const SCHEMA_VERSION: &str = "meta/schema-version";

/// The secret of the cloaks of hosts. If it is lost, all cloaks change, and bans on them stop matching.
pub(super) const CLOAK_SECRET: &str = "meta/cloak-secret";

/// The number of the last batch, eight bytes in big-endian order; see [`super::watermark`].
pub(super) const BATCH: &str = "meta/batch";

/// The position up to which sled has the write-ahead log, and the number of the batch that wrote this value,
/// eight bytes each in big-endian order. If the number is not that of the last batch, the value is obsolete:
/// an older version has written since.
pub(super) const WAL: &str = "meta/wal";

const META: &str = "meta/";

/// Returns whether a key is that of a record.
pub(super) fn is_record(key: &str) -> bool {
    !key.is_empty() && !key.starts_with(META)
}

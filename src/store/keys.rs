//! The keys of the datastore. A key is a path of ASCII words; its first word says what kind of
//! record it is, so that one kind lies together and can be read as a range. What begins with `meta/` is
//! about the datastore itself; all else are the records, which the engine names and reads. They share one
//! tree of sled, as only one tree can be changed at once: a migration changes the records and the schema
//! version, or neither.

/// Version of the layout of all other records, a decimal number.
pub(super) const SCHEMA_VERSION: &str = "meta/schema-version";

/// Secret that the cloaks of hosts are made with. Lost, every cloak (and every ban on one) changes.
pub(super) const CLOAK_SECRET: &str = "meta/cloak-secret";

/// Number of the last batch, eight bytes, the highest first; see [`super::watermark`].
pub(super) const BATCH: &str = "meta/batch";

/// How far sled has the write-ahead log: the position, and the number of the batch that said so, eight bytes
/// each, the highest first. Another number than that of the last batch is left over: an older version has
/// written since.
pub(super) const WAL: &str = "meta/wal";

const META: &str = "meta/";

/// Whether a key is one of a record.
pub(super) fn is_record(key: &str) -> bool {
    !key.is_empty() && !key.starts_with(META)
}

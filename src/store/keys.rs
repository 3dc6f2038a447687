//! The keys of the datastore. A key is a path of ASCII words; its first word says what kind of
//! record it is, so that one kind lies together and can be read as a range.

/// Version of the layout of all other records, a decimal number.
pub(super) const SCHEMA_VERSION: &str = "meta/schema-version";

/// Secret that the cloaks of hosts are made with. Lost, every cloak (and every ban on one) changes.
pub(super) const CLOAK_SECRET: &str = "meta/cloak-secret";

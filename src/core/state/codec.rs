//! Converts plain data to bytes and back: the only place that knows the format of snapshots and events.
//!
//! The format (postcard) is compact and contains no names, so a reader must know the exact types that were
//! written. Stored bytes therefore have a header that identifies their form; see `engine::stored`.

use std::fmt;

use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize};

/// Bytes that do not have the expected form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

/// Appends a value.
pub fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    postcard::serialize_with_flavor(value, Appended(out)).expect("plain data can always be written");
}

/// Appends to a vector. The ready-made flavor appends texts byte by byte.
struct Appended<'o>(&'o mut Vec<u8>);

impl Flavor for Appended<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Removes a value from the front.
///
/// # Errors
/// Bytes that do not begin with a value of this type.
pub fn take<'b, T: Deserialize<'b>>(bytes: &mut &'b [u8]) -> Result<T, Malformed> {
    let (value, rest) = postcard::take_from_bytes(bytes)
        .map_err(|error| Malformed(format!("{}: {error}", std::any::type_name::<T>())))?;
    *bytes = rest;
    Ok(value)
}

/// Parses bytes that contain one value and nothing else.
///
/// # Errors
/// Other bytes.
pub fn take_whole<'b, T: Deserialize<'b>>(mut bytes: &'b [u8]) -> Result<T, Malformed> {
    let value = take(&mut bytes)?;
    match bytes {
        [] => Ok(value),
        rest => Err(Malformed(format!("{} bytes are left over", rest.len()))),
    }
}

/// Small vectors, for `#[serde(with = "small")]`.
pub mod small {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use smallvec::{Array, SmallVec};

    /// Writes a small vector like any list.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<A: Array, S: Serializer>(list: &SmallVec<A>, serializer: S) -> Result<S::Ok, S::Error>
    where
        A::Item: Serialize,
    {
        list.as_slice().serialize(serializer)
    }

    /// Reads a small vector.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, A: Array, D: Deserializer<'de>>(deserializer: D) -> Result<SmallVec<A>, D::Error>
    where
        A::Item: Deserialize<'de>,
    {
        Ok(Vec::<A::Item>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// Hash maps in the order of their keys, for `#[serde(with = "sorted")]`.
pub mod sorted {
    use std::collections::HashMap;
    use std::hash::Hash;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the pairs, sorted, so that equal maps have the same bytes.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<K: Serialize + Ord, V: Serialize, S: Serializer>(
        map: &HashMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        #[expect(clippy::disallowed_methods, reason = "sorted on the next line")]
        let mut pairs: Vec<(&K, &V)> = map.iter().collect();
        pairs.sort_by_key(|pair| pair.0);
        pairs.serialize(serializer)
    }

    /// Reads the pairs.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, K, V, D>(deserializer: D) -> Result<HashMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Eq + Hash,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

//! A map from folded names, in parts that copies share with the original.
//!
//! Copying an index takes constant time. A part is really copied when it is first changed while a copy
//! shares it, so starting a snapshot of a large state is cheap (see [`super::snapshot`]). Invariant: a key
//! is in the part that [`part_of`] returns.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The number of parts. With 100,000 names, a part has 1,600, which takes about 0.1 ms to copy.
const PARTS: usize = 64;

/// Values by folded name.
#[derive(Clone, Debug)]
pub struct Index<V> {
    parts: Vec<Arc<BTreeMap<Box<str>, V>>>,
    len: usize,
}

impl<V> Default for Index<V> {
    fn default() -> Index<V> {
        Index { parts: (0..PARTS).map(|_| Arc::default()).collect(), len: 0 }
    }
}

/// Returns the part of a key. FNV-1a suffices to spread names evenly.
fn part_of(key: &str) -> usize {
    let mix = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    key.as_bytes().iter().fold(0x811c_9dc5, mix) as usize % PARTS
}

impl<V: Clone> Index<V> {
    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.parts[part_of(key)].get(key)
    }

    /// Returns the value of a key, mutably.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        let part = &mut self.parts[part_of(key)];
        // Do not copy the part for a key that does not exist.
        part.contains_key(key).then(|| Arc::make_mut(part).get_mut(key))?
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: Box<str>, value: V) {
        let before = Arc::make_mut(&mut self.parts[part_of(&key)]).insert(key, value);
        self.len += usize::from(before.is_none());
    }

    /// Returns the value of a key, mutably, after setting it if it is missing.
    pub fn get_or_insert_with(&mut self, key: &str, value: impl FnOnce() -> V) -> &mut V {
        let part = &mut self.parts[part_of(key)];
        self.len += usize::from(!part.contains_key(key));
        Arc::make_mut(part).entry(key.into()).or_insert_with(value)
    }

    /// Removes a key and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<V> {
        let part = &mut self.parts[part_of(key)];
        if !part.contains_key(key) {
            return None;
        }
        self.len -= 1;
        Arc::make_mut(part).remove(key)
    }

    /// Returns whether there is a value for a key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Iterates over the entries after a key (or, for `None`, over all), in the order of their keys.
    pub fn iter_after<'i>(&'i self, key: Option<&str>) -> impl Iterator<Item = (&'i str, &'i V)> {
        let after = key.map_or(Bound::Unbounded, Bound::Excluded);
        let entries =
            |part: &'i Arc<BTreeMap<Box<str>, V>>| part.range::<str, _>((after, Bound::Unbounded)).peekable();
        let mut parts: Vec<_> = self.parts.iter().map(entries).collect();
        std::iter::from_fn(move || {
            let heads = parts.iter_mut().filter_map(|part| Some((*part.peek()?, part)));
            let (_, part) = heads.min_by_key(|((key, _), _)| *key)?;
            part.next().map(|(key, value)| (&**key, value))
        })
    }

    /// Iterates over the values, not in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.parts.iter().flat_map(|part| part.values())
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.len
    }
}

impl<V: Serialize> Serialize for Index<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.parts.iter().map(|part| &**part))
    }
}

impl<'de, V: Deserialize<'de> + Clone> Deserialize<'de> for Index<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Index<V>, D::Error> {
        let mut index = Index::default();
        for (key, value) in Vec::<BTreeMap<Box<str>, V>>::deserialize(deserializer)?.into_iter().flatten() {
            index.insert(key, value);
        }
        Ok(index)
    }
}

impl<V: Clone> std::ops::Index<&str> for Index<V> {
    type Output = V;

    /// Returns the value of a key.
    ///
    /// # Panics
    ///
    /// Panics if there is none.
    fn index(&self, key: &str) -> &V {
        self.get(key).expect("the index has the key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_follow_in_the_order_of_their_keys() {
        let mut index = Index::default();
        let mut keys: Vec<String> = (0..300).map(|n| format!("k{}", n * 7 % 300)).collect();
        keys.iter().for_each(|key| index.insert(key.as_str().into(), key.len()));
        keys.sort();
        assert!(index.iter_after(None).map(|(key, _)| key).eq(&keys));
        assert!(
            index.iter_after(Some("k200")).map(|(key, _)| key).eq(keys.iter().filter(|key| ***key > *"k200"))
        );
        assert_eq!(index.iter_after(Some("z")).count(), 0);
    }

    #[test]
    fn changes_to_the_original_do_not_affect_a_copy() {
        let mut index = Index::default();
        for n in 0..1000 {
            index.insert(format!("name{n}").into(), n);
        }
        let copy = index.clone();
        assert_eq!((index.remove("name7"), index.remove("name7")), (Some(7), None));
        *index.get_mut("name8").unwrap() = 80;
        *index.get_or_insert_with("name9", || 0) += 1;
        index.get_or_insert_with("more", || 5);
        assert_eq!(
            (index.get("name8"), index.get("name9"), index.get("more")),
            (Some(&80), Some(&10), Some(&5))
        );
        assert_eq!((index.len(), copy.len()), (1000, 1000));
        assert_eq!((copy.get("name7"), copy.get("name8"), copy.get("more")), (Some(&7), Some(&8), None));
        let shared = copy.parts.iter().zip(&index.parts).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        assert!(shared >= PARTS - 4, "{shared} parts are shared");
    }
}

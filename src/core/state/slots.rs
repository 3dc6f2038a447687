//! A dense table by id. A lookup is an index and a comparison, and iteration has a fixed order.
//!
//! A copy of a table shares its values with the original; a value is really copied when one of them
//! changes it, so starting a snapshot is cheap (see [`super::snapshot`]).

use std::marker::PhantomData;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::codec::{Malformed, put, take};
use super::id::Id;

/// Values by id.
#[derive(Clone, Debug)]
pub struct Slots<I, T> {
    entries: Vec<Entry<T>>,
    free: Vec<u32>,
    len: usize,
    id: PhantomData<I>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    generation: u32,
    value: Option<Arc<T>>,
}

impl<I, T> Default for Slots<I, T> {
    fn default() -> Self {
        Slots { entries: Vec::new(), free: Vec::new(), len: 0, id: PhantomData }
    }
}

impl<I: Id, T: Clone> Slots<I, T> {
    /// Returns the id that [`Slots::insert`] will use next.
    pub fn next_id(&self) -> I {
        match self.free.last() {
            Some(&slot) => I::new(slot, self.entries[slot as usize].generation),
            None => I::new(self.entries.len() as u32, 0),
        }
    }

    /// Adds a value under [`Slots::next_id`].
    pub fn insert(&mut self, value: T) -> I {
        let id = self.next_id();
        self.free.pop();
        self.insert_at(id, value);
        id
    }

    /// Adds a value under an id that the caller chose. A table uses either this method or
    /// [`Slots::insert`], never both.
    pub fn insert_at(&mut self, id: I, value: T) {
        while self.entries.len() <= id.slot() {
            self.entries.push(Entry { generation: 0, value: None });
        }
        let entry = &mut self.entries[id.slot()];
        debug_assert!(entry.value.is_none(), "slot in use");
        *entry = Entry { generation: id.generation(), value: Some(Arc::new(value)) };
        self.len += 1;
    }

    /// Removes a value; its slot becomes free for [`Slots::insert`].
    pub fn remove(&mut self, id: I) -> Option<T> {
        let entry = self.entries.get_mut(id.slot()).filter(|e| e.generation == id.generation())?;
        let value = entry.value.take()?;
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(id.slot() as u32);
        self.len -= 1;
        Some(Arc::unwrap_or_clone(value))
    }

    /// Removes a value added by [`Slots::insert_at`]; the caller decides when to reuse the slot.
    pub fn remove_at(&mut self, id: I) -> Option<T> {
        let entry = self.entries.get_mut(id.slot()).filter(|e| e.generation == id.generation())?;
        let value = entry.value.take()?;
        self.len -= 1;
        Some(Arc::unwrap_or_clone(value))
    }

    /// Returns the value of an id; `None` if the id is stale.
    pub fn get(&self, id: I) -> Option<&T> {
        self.entries.get(id.slot()).filter(|e| e.generation == id.generation())?.value.as_deref()
    }

    /// Returns the value of an id, mutably; `None` if the id is stale.
    pub fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.entries
            .get_mut(id.slot())
            .filter(|e| e.generation == id.generation())?
            .value
            .as_mut()
            .map(Arc::make_mut)
    }

    /// Iterates over all values in the order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        (0..self.slots()).filter_map(|slot| self.in_slot(slot))
    }

    /// Iterates over all values, mutably.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut().filter_map(|entry| entry.value.as_mut().map(Arc::make_mut))
    }

    /// Returns the number of slots, in use or not.
    pub fn slots(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Returns the value in a slot, if it is in use. Long answers process the table slot by slot, so that
    /// they can stop and continue anywhere.
    pub fn in_slot(&self, slot: u32) -> Option<(I, &T)> {
        let entry = self.entries.get(slot as usize)?;
        Some((I::new(slot, entry.generation), entry.value.as_deref()?))
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<I: Id, T: Clone + Serialize> Slots<I, T> {
    /// Appends the slots from a given one on, up to a number of bytes. Returns the slot to continue with,
    /// or `None` once everything is written, including the free slots, whose order determines the next ids.
    pub(super) fn put(&self, from: u32, bytes_max: usize, out: &mut Vec<u8>) -> Option<u32> {
        let start = out.len();
        for (slot, entry) in (from..).zip(&self.entries[from as usize..]) {
            if out.len() - start >= bytes_max {
                return Some(slot);
            }
            put(out, &Some((entry.generation, entry.value.as_deref())));
        }
        put(out, &None::<(u32, Option<&T>)>);
        put(out, &self.free);
        None
    }
}

impl<I: Id, T: Clone + for<'b> Deserialize<'b>> Slots<I, T> {
    /// Reads the output of one call of [`Slots::put`] and appends it to the table.
    pub(super) fn take(&mut self, bytes: &mut &[u8]) -> Result<(), Malformed> {
        while !bytes.is_empty() {
            let Some((generation, value)) = take::<Option<(u32, Option<T>)>>(bytes)? else {
                self.free = take(bytes)?;
                return Ok(());
            };
            self.len += usize::from(value.is_some());
            self.entries.push(Entry { generation, value: value.map(Arc::new) });
        }
        Ok(())
    }
}

/// Writes the table as a whole; [`Slots::put`] writes large tables in pieces.
impl<I, T: Serialize> Serialize for Slots<I, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries: Vec<_> = self.entries.iter().map(|e| (e.generation, e.value.as_deref())).collect();
        (entries, &self.free).serialize(serializer)
    }
}

impl<'de, I, T: Deserialize<'de>> Deserialize<'de> for Slots<I, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Slots<I, T>, D::Error> {
        let (entries, free) = <(Vec<(u32, Option<T>)>, Vec<u32>)>::deserialize(deserializer)?;
        let len = entries.iter().filter(|(_, value)| value.is_some()).count();
        let entry = |(generation, value): (u32, Option<T>)| Entry { generation, value: value.map(Arc::new) };
        Ok(Slots { entries: entries.into_iter().map(entry).collect(), free, len, id: PhantomData })
    }
}

impl<I: Id, T: Clone> std::ops::Index<I> for Slots<I, T> {
    type Output = T;

    /// Returns the value of a live id; panics if it is stale.
    fn index(&self, id: I) -> &T {
        self.get(id).expect("a live id")
    }
}

impl<I: Id, T: Clone> std::ops::IndexMut<I> for Slots<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        self.get_mut(id).expect("a live id")
    }
}

#[cfg(test)]
mod tests {
    use super::super::id::UserId;
    use super::*;

    #[test]
    fn a_stale_id_finds_nothing() {
        let mut slots: Slots<UserId, &str> = Slots::default();
        let a = slots.insert("a");
        let b = slots.insert("b");
        assert_eq!(slots.remove(a), Some("a"));
        assert_eq!(slots.remove(a), None);
        let c = slots.insert("c");
        assert_eq!(c.slot, a.slot);
        assert_eq!(slots.get(a), None);
        assert_eq!((slots[b], slots[c], slots.len()), ("b", "c", 2));
        assert_eq!(slots.iter().map(|(_, v)| *v).collect::<Vec<_>>(), ["c", "b"]);
        slots.remove(c);
        let in_slots: Vec<_> = (0..slots.slots()).map(|slot| slots.in_slot(slot)).collect();
        assert_eq!(in_slots, [None, Some((b, &"b"))]);
    }
}

//! The members of a channel, in the order of joining.
//!
//! Joining and leaving take constant time (amortized), and members keep their order when others leave:
//! the entry of a former member stays vacant until enough are vacant to compact the list. A long answer
//! remembers the [`Place`] it has reached and continues from it, even if members left or joined meanwhile.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::id::UserId;
use super::modes::Ranks;

/// The number of vacant entries below which the list is never compacted.
const VACANT_MIN: usize = 16;

/// A user's membership of a channel.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The ranks.
    pub ranks: Ranks,
    /// When the user joined, in seconds since 1970.
    pub joined_s: u64,
}

/// The position of a member: the number of users who joined earlier. Never reused within a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place(u64);

impl Place {
    /// Returns the next place.
    pub fn next(self) -> Place {
        Place(self.0 + 1)
    }
}

/// The members.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// By place, ascending.
    entries: Vec<Entry>,
    /// Index into `entries`. Never iterated.
    index: HashMap<UserId, u32>,
    next: Place,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    place: Place,
    user: UserId,
    /// `None` once the user left.
    member: Option<Member>,
}

impl Members {
    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Returns whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Returns whether a user is a member.
    pub fn contains_key(&self, user: &UserId) -> bool {
        self.index.contains_key(user)
    }

    /// Returns a user's membership.
    pub fn get(&self, user: &UserId) -> Option<&Member> {
        self.entries[*self.index.get(user)? as usize].member.as_ref()
    }

    /// Returns a user's membership, mutably.
    pub fn get_mut(&mut self, user: &UserId) -> Option<&mut Member> {
        self.entries[*self.index.get(user)? as usize].member.as_mut()
    }

    /// Adds a user after all others; an existing member keeps the place.
    pub fn insert(&mut self, user: UserId, member: Member) {
        if let Some(known) = self.get_mut(&user) {
            *known = member;
            return;
        }
        self.index.insert(user, self.entries.len() as u32);
        self.entries.push(Entry { place: self.next, user, member: Some(member) });
        self.next = self.next.next();
    }

    /// Removes a user.
    pub fn remove(&mut self, user: &UserId) -> Option<Member> {
        let at = self.index.remove(user)?;
        let member = self.entries[at as usize].member.take();
        let vacant = self.entries.len() - self.index.len();
        if vacant > self.index.len().max(VACANT_MIN) {
            self.compact();
        }
        member
    }

    fn compact(&mut self) {
        self.entries.retain(|entry| entry.member.is_some());
        self.entries.shrink_to(2 * self.entries.len());
        for (at, entry) in self.entries.iter().enumerate() {
            self.index.insert(entry.user, at as u32);
        }
    }

    /// Iterates over all members in the order of joining.
    pub fn iter(&self) -> impl Iterator<Item = (&UserId, &Member)> {
        self.entries.iter().filter_map(|entry| Some((&entry.user, entry.member.as_ref()?)))
    }

    /// Iterates over the users in the order of joining.
    pub fn keys(&self) -> impl Iterator<Item = &UserId> {
        self.iter().map(|(user, _)| user)
    }

    /// Iterates over the members from a place on, each with its place.
    pub fn iter_from(&self, place: Place) -> impl Iterator<Item = (Place, UserId, &Member)> {
        let start = self.entries.partition_point(|entry| entry.place < place);
        let entries = self.entries[start..].iter();
        entries.filter_map(|entry| Some((entry.place, entry.user, entry.member.as_ref()?)))
    }
}

/// Includes vacant entries, which determine when the list is compacted. The index follows from the entries.
impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.entries, self.next).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        let (entries, next) = <(Vec<Entry>, Place)>::deserialize(deserializer)?;
        let present = (0..).zip(&entries).filter(|(_, entry)| entry.member.is_some());
        let index = present.map(|(at, entry)| (entry.user, at)).collect();
        Ok(Members { entries, index, next })
    }
}

impl std::ops::Index<&UserId> for Members {
    type Output = Member;

    /// Returns the membership of a member; panics for other users.
    fn index(&self, user: &UserId) -> &Member {
        self.get(user).expect("a member")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(slot: u32) -> UserId {
        UserId { slot, generation: 0 }
    }

    fn members(slots: impl IntoIterator<Item = u32>) -> Members {
        let mut members = Members::default();
        slots.into_iter().for_each(|slot| join(&mut members, slot));
        members
    }

    fn join(members: &mut Members, slot: u32) {
        members.insert(user(slot), Member { ranks: Ranks::NONE, joined_s: 0 });
    }

    fn slots(members: &Members) -> Vec<u32> {
        members.keys().map(|user| user.slot).collect()
    }

    #[test]
    fn members_are_in_the_order_of_joining() {
        let mut members = members([3, 1, 2]);
        assert!(members.remove(&user(1)).is_some() && members.remove(&user(1)).is_none());
        join(&mut members, 1);
        join(&mut members, 3);
        assert_eq!(slots(&members), [3, 2, 1]);
        assert_eq!((members.len(), members.contains_key(&user(2))), (3, true));
    }

    #[test]
    fn iteration_visits_each_member_once_while_others_leave() {
        const COUNT: u32 = 1000;
        for leaves_every in [1, 2, 3, 7] {
            let mut members = members(0..COUNT);
            let (mut visited, mut place, mut step) = (Vec::new(), Place::default(), 0);
            let next =
                |members: &Members, place| members.iter_from(place).map(|(at, user, _)| (at, user)).next();
            while let Some((at, found)) = next(&members, place) {
                visited.push(found.slot);
                place = at.next();
                if step % leaves_every == 0 {
                    members.remove(&user(step * 389 % COUNT));
                }
                step += 1;
            }
            assert!(visited.is_sorted_by(|a, b| a < b), "a member was visited twice");
            assert!(slots(&members).iter().all(|slot| visited.contains(slot)), "a member was missed");
        }
    }

    #[test]
    fn vacant_entries_are_released() {
        let mut members = members(0..1000);
        (1..1000).for_each(|slot| assert!(members.remove(&user(slot)).is_some()));
        assert!(members.entries.len() <= 1 + VACANT_MIN);
        assert_eq!(slots(&members), [0]);
        assert!(members.get(&user(0)).is_some());
    }
}

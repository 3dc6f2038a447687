//! The nicks that sessions monitor (MONITOR). An entry ends with its session.
//!
//! Both directions are indexed: a change of a nick takes time proportional to its watchers, the end of a
//! session time proportional to its nicks. Invariant: the two indices contain the same pairs.

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};

use super::fact::MonitorChange;
use super::id::SessionId;
use super::index::Index;
use super::slots::Slots;

/// The lists of all sessions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Monitors {
    /// The nicks of each session as written, by folded nick.
    watched: Slots<SessionId, IndexMap<Box<str>, Box<str>>>,
    /// The sessions of each folded nick.
    watchers: Index<IndexSet<SessionId>>,
}

impl Monitors {
    /// Changes the list of a session.
    pub(super) fn change(&mut self, session: SessionId, change: MonitorChange<'_>) {
        match change {
            MonitorChange::Added { key, shown } => self.add(session, key, shown),
            MonitorChange::Removed(key) => self.remove(session, key),
            MonitorChange::Cleared => self.clear(session),
        }
    }

    fn add(&mut self, session: SessionId, key: &str, shown: &str) {
        if self.watched.get(session).is_none() {
            self.watched.insert_at(session, IndexMap::new());
        }
        self.watched[session].insert(key.into(), shown.into());
        self.watchers.get_or_insert_with(key, IndexSet::new).insert(session);
    }

    fn remove(&mut self, session: SessionId, key: &str) {
        if let Some(nicks) = self.watched.get_mut(session) {
            nicks.shift_remove(key);
            if nicks.is_empty() {
                self.watched.remove_at(session);
            }
        }
        self.unwatch(session, key);
    }

    /// Clears the list of a session. Must be called before the session ends.
    pub(super) fn clear(&mut self, session: SessionId) {
        for key in self.watched.remove_at(session).unwrap_or_default().keys() {
            self.unwatch(session, key);
        }
    }

    fn unwatch(&mut self, session: SessionId, key: &str) {
        let Some(sessions) = self.watchers.get_mut(key) else { return };
        // The order in which watchers are notified does not matter.
        sessions.swap_remove(&session);
        if sessions.is_empty() {
            self.watchers.remove(key);
        }
    }

    /// Iterates over the nicks of a session, folded and as written, in the order of adding.
    pub fn watched_by(&self, session: SessionId) -> impl Iterator<Item = (&str, &str)> {
        self.watched.get(session).into_iter().flatten().map(|(key, shown)| (&**key, &**shown))
    }

    /// Returns the number of nicks that a session monitors.
    pub fn count(&self, session: SessionId) -> usize {
        self.watched.get(session).map_or(0, IndexMap::len)
    }

    /// Returns whether a session monitors a nick.
    pub fn watches(&self, session: SessionId, key: &str) -> bool {
        self.watchers.get(key).is_some_and(|sessions| sessions.contains(&session))
    }

    /// Iterates over the sessions that monitor a nick.
    pub fn watchers_of(&self, key: &str) -> impl Iterator<Item = SessionId> {
        self.watchers.get(key).into_iter().flatten().copied()
    }

    /// Counts pairs that only one of the indices contains, and sessions that do not exist; for
    /// [`super::check`].
    pub(super) fn violations(&self, exists: impl Fn(SessionId) -> bool) -> usize {
        let dead = self.watched.iter().filter(|&(session, _)| !exists(session)).count();
        let forth: usize = self.watched.iter().map(|(_, nicks)| nicks.len()).sum();
        let back: usize = self.watchers.values().map(IndexSet::len).sum();
        let pairs =
            self.watched.iter().flat_map(|(session, nicks)| nicks.keys().map(move |key| (session, key)));
        let missing = pairs.filter(|(session, key)| !self.watches(*session, key)).count();
        dead + forth.abs_diff(back) + missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_indices_contain_the_same_pairs() {
        let (a, b) = (SessionId { slot: 0, generation: 0 }, SessionId { slot: 1, generation: 0 });
        let mut monitors = Monitors::default();
        monitors.add(a, "bob", "Bob");
        monitors.add(a, "bob", "BOB");
        monitors.add(a, "eve", "eve");
        monitors.add(b, "bob", "bob");
        assert_eq!(monitors.watched_by(a).collect::<Vec<_>>(), [("bob", "BOB"), ("eve", "eve")]);
        assert_eq!(monitors.watchers_of("bob").collect::<Vec<_>>(), [a, b]);
        monitors.clear(a);
        monitors.remove(a, "bob");
        assert_eq!(monitors.watchers_of("bob").collect::<Vec<_>>(), [b]);
        assert_eq!((monitors.count(a), monitors.count(b)), (0, 1));
        assert_eq!(monitors.violations(|session| session == b), 0);
        monitors.remove(b, "bob");
        assert!(monitors.watched.is_empty() && monitors.watchers.len() == 0);
    }
}

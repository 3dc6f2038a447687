//! Who watches which nick (MONITOR). Watching is a session's business and ends with it.
//!
//! Both directions are indexed, so a nick that comes or goes costs only those who watch it, and a
//! session that ends only what it watched. Invariant: the two indices hold the same pairs.

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};

use super::fact::MonitorChange;
use super::id::SessionId;
use super::index::Index;
use super::slots::Slots;

/// All watches.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Monitors {
    /// Per session the nicks, by folded nick, as they were written.
    watched: Slots<SessionId, IndexMap<Box<str>, Box<str>>>,
    /// Per folded nick the sessions.
    watchers: Index<IndexSet<SessionId>>,
}

impl Monitors {
    /// Changes what a session watches.
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

    /// The session watches nothing any longer; must precede its end.
    pub(super) fn clear(&mut self, session: SessionId) {
        for key in self.watched.remove_at(session).unwrap_or_default().keys() {
            self.unwatch(session, key);
        }
    }

    fn unwatch(&mut self, session: SessionId, key: &str) {
        let Some(sessions) = self.watchers.get_mut(key) else { return };
        // In which order watchers are told does not matter.
        sessions.swap_remove(&session);
        if sessions.is_empty() {
            self.watchers.remove(key);
        }
    }

    /// What a session watches: folded nick and nick as written, in the order of adding.
    pub fn watched_by(&self, session: SessionId) -> impl Iterator<Item = (&str, &str)> {
        self.watched.get(session).into_iter().flatten().map(|(key, shown)| (&**key, &**shown))
    }

    /// How many nicks a session watches.
    pub fn count(&self, session: SessionId) -> usize {
        self.watched.get(session).map_or(0, IndexMap::len)
    }

    /// Whether a session watches a nick.
    pub fn watches(&self, session: SessionId, key: &str) -> bool {
        self.watchers.get(key).is_some_and(|sessions| sessions.contains(&session))
    }

    /// Who watches a nick.
    pub fn watchers_of(&self, key: &str) -> impl Iterator<Item = SessionId> {
        self.watchers.get(key).into_iter().flatten().copied()
    }

    /// Sessions and nicks that only one of the indices knows, or that watch without being there; for
    /// [`super::check`].
    pub(super) fn violations(&self, lives: impl Fn(SessionId) -> bool) -> usize {
        let dead = self.watched.iter().filter(|&(session, _)| !lives(session)).count();
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
    fn the_indices_agree() {
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

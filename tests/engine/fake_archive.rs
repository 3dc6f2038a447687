//! Stored history in memory, which answers like a real backend.

use std::collections::BTreeMap;

use ircd::history::{Bounds, End, Found, HistoryKey, Query, Record, Ring};

const BOUNDS: Bounds = Bounds { items_max: usize::MAX, window_ms: 0 };

#[derive(Default)]
pub struct FakeArchive {
    rings: BTreeMap<HistoryKey, Ring>,
}

impl FakeArchive {
    pub fn store(&mut self, record: &Record) {
        match record {
            Record::Keep { item, targets, .. } => {
                for target in targets {
                    self.rings.entry(target.clone()).or_default().push("", item.clone(), BOUNDS);
                }
            }
            Record::Delete { targets, id } => {
                for target in targets {
                    self.rings.get_mut(target).map(|ring| ring.remove(*id));
                }
            }
            Record::Forget { account } => {
                let by_account = |item: &ircd::history::Item| {
                    item.fields().account.is_some_and(|author| author.to_lowercase() == **account)
                };
                self.rings.values_mut().for_each(|ring| ring.remove_all(by_account));
            }
        }
    }

    /// Returns the time of the latest item.
    pub fn latest_ms(&self) -> Option<u64> {
        let all =
            ircd::history::Range { after: None, before: None, from: End::Newest, limit: 1, events: true };
        self.rings
            .values()
            .filter_map(|ring| ring.page(None, &all).pop())
            .map(|item| item.id().wall_ms())
            .max()
    }

    pub fn find(&self, query: &Query) -> Found {
        let ring = |target: &HistoryKey| self.rings.get(target);
        match query {
            Query::Page { target, ranges } => {
                let pages = ranges.iter().flat_map(|range| ring(target).map(|ring| ring.page(None, range)));
                let mut items: Vec<_> = pages.flatten().collect();
                items.sort_by_key(|item| item.id());
                items.dedup_by_key(|item| item.id());
                Found::Items(items)
            }
            Query::Find { target, id } => Found::Items(
                ring(target).and_then(|ring| ring.find(None, *id)).cloned().into_iter().collect(),
            ),
            Query::Targets(listing) => {
                let wanted = |target: &HistoryKey| match target {
                    HistoryKey::Channel(name) => listing.channels.iter().any(|listed| **listed == **name),
                    HistoryKey::Conversation { owner, .. } => {
                        listing.owner.as_deref() == Some(owner.as_str())
                    }
                };
                let latest = ircd::history::Range {
                    after: None,
                    before: None,
                    from: End::Newest,
                    limit: 1,
                    events: false,
                };
                let within = |id| {
                    listing.after.is_none_or(|after| id > after)
                        && listing.before.is_none_or(|before| id < before)
                };
                let known = self.rings.iter().filter(|(target, _)| wanted(target));
                let mut found: Vec<_> = known
                    .filter_map(|(target, ring)| Some((target.clone(), ring.page(None, &latest).pop()?.id())))
                    .filter(|(_, id)| within(*id))
                    .collect();
                found.sort_by_key(|(_, id)| *id);
                match listing.from {
                    End::Oldest => found.truncate(listing.limit),
                    End::Newest => drop(found.drain(..found.len().saturating_sub(listing.limit))),
                }
                Found::Targets(found)
            }
            Query::Export { account, .. } => {
                let by_account = |item: &ircd::history::Item| {
                    item.fields().account.is_some_and(|author| author.to_lowercase() == **account)
                };
                let all = ircd::history::Range {
                    after: None,
                    before: None,
                    from: End::Oldest,
                    limit: usize::MAX,
                    events: true,
                };
                let channels =
                    self.rings.iter().filter(|(target, _)| matches!(target, HistoryKey::Channel(_)));
                let items = channels.flat_map(|(_, ring)| ring.page(None, &all));
                Found::Exported(items.filter(by_account).count() as u64)
            }
        }
    }
}

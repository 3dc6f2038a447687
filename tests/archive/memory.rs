//! The ring in memory as a backend, so that the suite covers it, too.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use ircd::archive::{Backend, Error, ExportFile};
use ircd::history::{Bounds, End, Found, HistoryKey, Item, Listing, Query, Range, Record, Ring};
use ircd::wire::MsgId;

const BOUNDS: Bounds = Bounds { items_max: 100_000, window_ms: 0 };
const EVERYTHING: Range =
    Range { after: None, before: None, from: End::Oldest, limit: 100_000, events: true };

/// Rings that all clones share, like a file.
#[derive(Clone, Default)]
pub(crate) struct Memory(Rc<RefCell<Rings>>);

#[derive(Default)]
struct Rings {
    rings: BTreeMap<HistoryKey, Ring>,
    authors: BTreeMap<MsgId, Box<str>>,
}

impl Rings {
    fn apply(&mut self, record: &Record) {
        match record {
            Record::Keep { item, targets, author } => {
                for target in targets {
                    let ring = self.rings.entry(target.clone()).or_default();
                    if ring.find(None, item.id()).is_none() {
                        ring.push("", item.clone(), BOUNDS);
                    }
                }
                if let Some(author) = author {
                    self.authors.insert(item.id(), author.clone());
                }
            }
            Record::Delete { targets, id } => {
                for target in targets {
                    self.rings.entry(target.clone()).or_default().remove(*id);
                }
            }
            Record::Forget { account } => {
                let authors = &self.authors;
                let is_theirs = |item: &Item| authors.get(&item.id()) == Some(account);
                self.rings.values_mut().for_each(|ring| ring.remove_all(is_theirs));
            }
        }
    }

    fn page(&self, target: &HistoryKey, range: &Range) -> Vec<Item> {
        self.rings.get(target).map_or_else(Vec::new, |ring| ring.page(None, range))
    }

    fn targets(&self, listing: &Listing) -> Vec<(HistoryKey, MsgId)> {
        let is_wanted = |target: &HistoryKey| match target {
            HistoryKey::Channel(name) => listing.channels.iter().any(|listed| **listed == **name),
            HistoryKey::Conversation { owner, .. } => listing.owner.as_deref() == Some(owner.as_str()),
        };
        let bounds = Range {
            after: listing.after,
            before: listing.before,
            from: listing.from,
            limit: 1,
            events: true,
        };
        let messages = Range { events: false, ..EVERYTHING };
        let latest = |target: &HistoryKey| self.page(target, &messages).last().map(Item::id);
        let mut found: Vec<(HistoryKey, MsgId)> = self
            .rings
            .keys()
            .filter(|target| is_wanted(target))
            .filter_map(|target| Some((target.clone(), latest(target)?)))
            .filter(|(_, id)| bounds.contains(*id))
            .collect();
        found.sort_by_key(|(_, id)| *id);
        match listing.from {
            End::Oldest => found.truncate(listing.limit),
            End::Newest => drop(found.drain(..found.len().saturating_sub(listing.limit))),
        }
        found
    }

    fn export(&self, account: &str, file: &str) -> std::io::Result<u64> {
        let mut file = ExportFile::create(file.as_ref())?;
        for (target, ring) in &self.rings {
            let HistoryKey::Channel(channel) = target else { continue };
            for item in ring.page(None, &EVERYTHING) {
                if self.authors.get(&item.id()).is_some_and(|author| **author == *account) {
                    file.add(channel, &item)?;
                }
            }
        }
        file.finish()
    }
}

impl Backend for Memory {
    async fn prepare(&self) -> Result<Option<MsgId>, Error> {
        let rings = self.0.borrow();
        let latest = Range { limit: 1, from: End::Newest, ..EVERYTHING };
        Ok(rings.rings.values().filter_map(|ring| ring.page(None, &latest).pop()).map(|item| item.id()).max())
    }

    async fn store(&self, records: &[Record]) -> Result<(), Error> {
        records.iter().for_each(|record| self.0.borrow_mut().apply(record));
        Ok(())
    }

    async fn answer(&self, query: &Query) -> Result<Found, Error> {
        let rings = self.0.borrow();
        Ok(match query {
            Query::Page { target, ranges } => {
                let mut items: Vec<Item> =
                    ranges.iter().flat_map(|range| rings.page(target, range)).collect();
                items.sort_by_key(Item::id);
                items.dedup();
                Found::Items(items)
            }
            Query::Targets(listing) => Found::Targets(rings.targets(listing)),
            Query::Find { target, id } => {
                let found = rings.rings.get(target).and_then(|ring| ring.find(None, *id));
                Found::Items(found.cloned().into_iter().collect())
            }
            Query::Export { account, file } => {
                let done = rings.export(account, file);
                Found::Exported(done.map_err(|error| Error::Unstorable(error.to_string()))?)
            }
        })
    }

    async fn expire(&self, before: MsgId, limit: usize) -> Result<u64, Error> {
        let mut rings = self.0.borrow_mut();
        let old = Range { before: Some(before), ..EVERYTHING };
        let mut all: Vec<(MsgId, HistoryKey)> = Vec::new();
        for (target, ring) in &rings.rings {
            all.extend(ring.page(None, &old).iter().map(|item| (item.id(), target.clone())));
        }
        all.sort();
        all.truncate(limit);
        for (id, target) in &all {
            rings.rings.entry(target.clone()).or_default().remove(*id);
        }
        Ok(all.len() as u64)
    }

    async fn close(&self) {}
}

//! Applies facts about registered channels. Part of [`State::apply`].

use indexmap::IndexMap;

use super::Moment;
use crate::state::fact::RegistryChange;
use crate::state::id::ChannelId;
use crate::state::registry::{ChannelSettings, Purge, Registration};
use crate::state::{State, record};

impl State {
    pub(super) fn change_registry(&mut self, moment: Moment, id: ChannelId, change: RegistryChange<'_>) {
        let channel = &mut self.channels[id];
        let key = record::channel_key(channel.name.key());
        match (change, &mut channel.registration) {
            (RegistryChange::Registered { founder }, registration) => {
                *registration = Some(Box::new(Registration {
                    founder: founder.into(),
                    registered_ms: moment.wall_ms,
                    amodes: IndexMap::new(),
                    settings: ChannelSettings::default(),
                    offered_to: None,
                }));
            }
            (RegistryChange::Unregistered, registration) => {
                *registration = None;
                self.drop_if_empty(id);
            }
            (_, None) => return,
            (RegistryChange::Founder(founder), Some(registration)) => {
                registration.amodes.shift_remove(founder);
                registration.founder = founder.into();
                registration.offered_to = None;
            }
            (RegistryChange::Amode { account, rank }, Some(registration)) => match rank {
                Some(rank) => {
                    registration.amodes.insert(account.into(), rank);
                }
                None => {
                    registration.amodes.shift_remove(account);
                }
            },
            (RegistryChange::NoAmodes, Some(registration)) => registration.amodes.clear(),
            (RegistryChange::Settings(settings), Some(registration)) => registration.settings = settings,
            (RegistryChange::Offered(account), Some(registration)) => {
                registration.offered_to = account.map(Box::from);
            }
        }
        self.dirty.insert(key);
    }

    pub(super) fn set_purge(&mut self, key: &str, purge: Option<Purge>) {
        match purge {
            Some(purge) => self.purges.insert(key.into(), purge),
            None => self.purges.remove(key),
        };
        self.dirty.insert(record::purge_key(key));
    }

    /// Unregisters the channels of a deleted account, and removes its ranks, so that a later account of that
    /// name does not get them.
    pub(super) fn remove_from_channels(&mut self, moment: Moment, account: &str) {
        let channels: Vec<ChannelId> = self.registered_channels().map(|(id, ..)| id).collect();
        for id in channels {
            let Some(registration) = &mut self.channels[id].registration else { continue };
            registration.offered_to.take_if(|offered_to| **offered_to == *account);
            if *registration.founder == *account {
                self.change_registry(moment, id, RegistryChange::Unregistered);
            } else if registration.amodes.contains_key(account) {
                self.change_registry(moment, id, RegistryChange::Amode { account, rank: None });
            }
        }
    }

    /// Marks the record of a channel as changed, if it is registered.
    pub(in crate::state) fn mark_channel(&mut self, id: ChannelId) {
        let channel = &self.channels[id];
        if channel.registration.is_some() {
            self.dirty.insert(record::channel_key(channel.name.key()));
        }
    }
}

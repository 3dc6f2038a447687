//! Changes histories in memory. Part of [`State::apply`].

use super::Moment;
use crate::history::{Bounds, Item, Ring};
use crate::state::State;
use crate::state::fact::HistoryPlace;
use crate::wire::MsgId;

impl State {
    pub(super) fn add_item(&mut self, place: &HistoryPlace, item: Item, bounds: Bounds) {
        let with = match place {
            HistoryPlace::Channel(_) => "",
            HistoryPlace::Conversation { with, .. } => with,
        };
        if let Some(ring) = self.ring_mut(place) {
            ring.push(with, item, bounds);
        }
    }

    pub(super) fn shorten_rings(&mut self, channel_items_max: usize, user_items_max: usize) {
        self.channels.values_mut().for_each(|channel| channel.history.shorten(channel_items_max));
        self.users.values_mut().for_each(|user| user.history.shorten(user_items_max));
    }

    pub(super) fn redact(&mut self, places: &[HistoryPlace], id: MsgId) {
        for place in places {
            if let Some(ring) = self.ring_mut(place) {
                ring.remove(id);
            }
        }
    }

    pub(super) fn delete_messages_of(&mut self, moment: Moment, place: &HistoryPlace, account: &str) {
        if let Some(ring) = self.ring_mut(place) {
            let by_account = |item: &Item| {
                item.fields().account.is_some_and(|author| moment.mapping.fold_lossy(author) == account)
            };
            ring.remove_all(by_account);
        }
    }

    /// Returns a history in memory; `None` if the channel or user no longer exists.
    pub fn ring(&self, place: &HistoryPlace) -> Option<&Ring> {
        match *place {
            HistoryPlace::Channel(channel) => self.channels.get(channel).map(|channel| &channel.history),
            HistoryPlace::Conversation { user, .. } => self.users.get(user).map(|user| &user.history),
        }
    }

    fn ring_mut(&mut self, place: &HistoryPlace) -> Option<&mut Ring> {
        match *place {
            HistoryPlace::Channel(channel) => {
                self.channels.get_mut(channel).map(|channel| &mut channel.history)
            }
            HistoryPlace::Conversation { user, .. } => self.users.get_mut(user).map(|user| &mut user.history),
        }
    }
}

//! The record of a registered channel.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::state::apply::Moment;
use crate::state::channel::{MaskEntry, Topic};
use crate::state::registry::{ChannelSettings, QueryCutoff, Registration, StoreEvents};
use crate::state::{Channel, Letters, List, Rank, Ranks, State};
use crate::text::Mask;

use super::account::{history_from, history_text};

/// The maximum length of a stored name, in bytes: the configured limits may have been lowered since.
const NAME_BYTES_MAX: usize = 400;

#[derive(Serialize, Deserialize)]
pub(super) struct ChannelRecord {
    name: String,
    created_s: u64,
    registered_ms: u64,
    founder: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    topic: Option<TopicRecord>,
    modes: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forward: Option<String>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    amodes: IndexMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    bans: Vec<MaskRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    excepts: Vec<MaskRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    invexes: Vec<MaskRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    history: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    query_cutoff: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store_events: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct TopicRecord {
    text: String,
    by: String,
    at_s: u64,
}

#[derive(Serialize, Deserialize)]
struct MaskRecord {
    mask: String,
    by: String,
    at_s: u64,
}

/// Returns the letters of ranks, highest first.
pub(super) fn ranks_text(ranks: Ranks) -> String {
    Rank::ALL.into_iter().filter(|&rank| ranks.has(rank)).map(Rank::letter).collect()
}

/// Parses the result of [`ranks_text`].
pub(super) fn ranks_from(text: &str) -> Ranks {
    let mut ranks = Ranks::NONE;
    text.chars().filter_map(Rank::by_letter).for_each(|rank| ranks.set(rank, true));
    ranks
}

/// Returns the record of a registered channel, without its members.
pub(super) fn encode(channel: &Channel, registration: &Registration) -> ChannelRecord {
    let masks = |list: List| {
        let entries = channel.list(list).iter();
        let record = |entry: &MaskEntry| MaskRecord {
            mask: entry.mask.as_str().to_owned(),
            by: entry.by.to_string(),
            at_s: entry.at_s,
        };
        entries.map(record).collect()
    };
    let amodes = registration.amodes.iter();
    ChannelRecord {
        name: channel.name.as_str().to_owned(),
        created_s: channel.created_s,
        registered_ms: registration.registered_ms,
        founder: registration.founder.to_string(),
        topic: channel.topic.as_ref().map(|topic| TopicRecord {
            text: topic.text.to_string(),
            by: topic.by.to_string(),
            at_s: topic.at_s,
        }),
        modes: channel.flags.iter().collect(),
        key: channel.key.as_deref().map(str::to_owned),
        limit: channel.limit,
        forward: channel.forward.as_ref().map(|to| to.as_str().to_owned()),
        amodes: amodes.map(|(account, rank)| (account.to_string(), rank.letter().to_string())).collect(),
        bans: masks(List::Ban),
        excepts: masks(List::Except),
        invexes: masks(List::Invex),
        history: registration.settings.history.map(history_text),
        query_cutoff: registration.settings.query_cutoff.map(|cutoff| match cutoff {
            QueryCutoff::None => "none".to_owned(),
            QueryCutoff::RegistrationTime => "registration-time".to_owned(),
            QueryCutoff::JoinTime => "join-time".to_owned(),
        }),
        store_events: registration.settings.store_events.map(|events| match events {
            StoreEvents::All => "all".to_owned(),
            StoreEvents::NoJoins => "no-joins".to_owned(),
            StoreEvents::None => "none".to_owned(),
        }),
    }
}

impl ChannelRecord {
    /// Restores the channel, without members.
    pub(super) fn restore(self, state: &mut State, moment: Moment) -> Result<(), String> {
        let named = |name: &str| {
            moment.mapping.channel(name, NAME_BYTES_MAX).map_err(|error| format!("{name}: {error}"))
        };
        let (name, forward) = (named(&self.name)?, self.forward.as_deref().map(named).transpose()?);
        let id = state.create_channel(moment, name, Letters::of(&self.modes));
        let masks = |list: Vec<MaskRecord>| {
            let entry = |record: MaskRecord| {
                let mask = Mask::parse(moment.mapping, &record.mask)
                    .ok_or_else(|| format!("{} is not a mask", record.mask))?;
                Ok(MaskEntry { mask, by: record.by.into(), at_s: record.at_s })
            };
            list.into_iter().map(entry).collect::<Result<Vec<_>, String>>()
        };
        let rank = |(account, letter): (String, String)| {
            Some((account.into(), Rank::by_letter(letter.chars().next()?)?))
        };
        let channel = &mut state.channels[id];
        channel.created_s = self.created_s;
        channel.topic = self
            .topic
            .map(|topic| Box::new(Topic { text: topic.text.into(), by: topic.by.into(), at_s: topic.at_s }));
        channel.key = self.key.map(Into::into);
        channel.limit = self.limit;
        channel.forward = forward;
        channel.bans = masks(self.bans)?;
        channel.excepts = masks(self.excepts)?;
        channel.invexes = masks(self.invexes)?;
        channel.registration = Some(Box::new(Registration {
            founder: self.founder.into(),
            registered_ms: self.registered_ms,
            amodes: self.amodes.into_iter().filter_map(rank).collect(),
            settings: ChannelSettings {
                history: self.history.as_deref().and_then(history_from),
                query_cutoff: self.query_cutoff.as_deref().and_then(|text| match text {
                    "none" => Some(QueryCutoff::None),
                    "registration-time" => Some(QueryCutoff::RegistrationTime),
                    "join-time" => Some(QueryCutoff::JoinTime),
                    _ => None,
                }),
                store_events: self.store_events.as_deref().and_then(|text| match text {
                    "all" => Some(StoreEvents::All),
                    "no-joins" => Some(StoreEvents::NoJoins),
                    "none" => Some(StoreEvents::None),
                    _ => None,
                }),
            },
            offered_to: None,
        }));
        Ok(())
    }
}

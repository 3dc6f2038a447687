//! Registrations of channels, and purged channel names.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::account::HistoryChoice;
use super::modes::Rank;

/// A channel's registration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registration {
    /// The founder's account, folded.
    pub founder: Box<str>,
    /// When it was registered, milliseconds since 1970.
    pub registered_ms: u64,
    /// Ranks that accounts (folded) get when they join.
    pub amodes: IndexMap<Box<str>, Rank>,
    /// What the founder chose.
    pub settings: ChannelSettings,
    /// The account (folded) that the channel was offered to. Not stored.
    pub offered_to: Option<Box<str>>,
}

impl Registration {
    /// The rank that comes with an account (folded): the founder's, or what AMODE says.
    pub fn rank_of(&self, account: &str) -> Option<Rank> {
        match *self.founder == *account {
            true => Some(Rank::Founder),
            false => self.amodes.get(account).copied(),
        }
    }
}

/// What a founder chose; `None` is the server's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSettings {
    /// How messages are kept.
    pub history: Option<HistoryChoice>,
    /// How far back members can read.
    pub query_cutoff: Option<QueryCutoff>,
    /// Which events are kept.
    pub store_events: Option<StoreEvents>,
}

/// How far back members can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueryCutoff {
    /// As far as there is.
    None,
    /// To the registration of their account.
    RegistrationTime,
    /// To their joining.
    JoinTime,
}

/// Which events are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreEvents {
    /// All.
    All,
    /// All but joins, parts and quits.
    NoJoins,
    /// None.
    None,
}

/// A purged channel name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// The name as it was given.
    pub name: Box<str>,
    /// The operator who said so.
    pub by: Box<str>,
    /// Why.
    pub reason: Box<str>,
    /// When, milliseconds since 1970.
    pub at_ms: u64,
}

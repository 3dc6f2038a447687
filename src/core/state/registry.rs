//! Channel registrations, and purged channel names.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::account::HistoryChoice;
use super::modes::Rank;

/// A channel's registration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registration {
    /// The founder's account, folded.
    pub founder: Box<str>,
    /// When it was registered, in milliseconds since 1970.
    pub registered_ms: u64,
    /// Ranks that accounts (folded) get when they join.
    pub amodes: IndexMap<Box<str>, Rank>,
    /// The settings of the founder.
    pub settings: ChannelSettings,
    /// The account (folded) that the channel was offered to. Not stored.
    pub offered_to: Option<Box<str>>,
}

impl Registration {
    /// Returns the rank of an account (folded), as founder or by AMODE.
    pub fn rank_of(&self, account: &str) -> Option<Rank> {
        match *self.founder == *account {
            true => Some(Rank::Founder),
            false => self.amodes.get(account).copied(),
        }
    }
}

/// The settings of a channel; `None` means the server's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSettings {
    /// How messages are stored.
    pub history: Option<HistoryChoice>,
    /// How far back members can read.
    pub query_cutoff: Option<QueryCutoff>,
    /// Which events are stored.
    pub store_events: Option<StoreEvents>,
}

/// How far back members can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueryCutoff {
    /// To the beginning.
    None,
    /// To the registration of their account.
    RegistrationTime,
    /// To the time they joined.
    JoinTime,
}

/// Which events are stored.
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
    /// The operator who purged it.
    pub by: Box<str>,
    /// The reason.
    pub reason: Box<str>,
    /// When it was purged, in milliseconds since 1970.
    pub at_ms: u64,
}

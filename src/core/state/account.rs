//! An account as data: an identity that outlives connections.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::auth::Credentials;
use crate::text::{AccountName, CaseMapping, Nick};

/// Nicks of the services, folded, and one that looks like a source of the server's own.
const RESERVED: [&str; 9] =
    ["nickserv", "chanserv", "hostserv", "histserv", "memoserv", "botserv", "operserv", "global", "=scene="];

/// Returns whether a nick or account name, given folded and as written, is reserved for the server itself or
/// looks like one that is.
pub fn is_reserved_name(mapping: CaseMapping, key: &str, shown: &str) -> bool {
    RESERVED.contains(&key) || mapping.has_skeletons() && RESERVED.contains(&mapping.skeleton(shown).as_str())
}

/// Devices whose last visit is remembered; the one not seen for the longest time is forgotten.
pub const DEVICES_MAX: usize = 64;
/// Read markers of one account; the one not moved for the longest time is forgotten.
pub const READ_MARKERS_MAX: usize = 256;

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Its name.
    pub name: AccountName,
    /// When it was registered, milliseconds since 1970.
    pub registered_ms: u64,
    /// Whether its e-mail address was verified, where that is asked for.
    pub verified: bool,
    /// How its owner proves to be its owner.
    pub credentials: Credentials,
    /// Where mail to its owner goes.
    pub email: Option<Box<str>>,
    /// Codes sent by mail and not used yet.
    pub codes: Vec<Code>,
    /// Further nicks reserved for it, in the order of grouping.
    pub nicks: Vec<Nick>,
    /// What its owner chose.
    pub settings: Settings,
    /// The host it shows instead of the cloak.
    pub vhost: Option<Vhost>,
    /// Set while nobody may log into it.
    pub suspended: Option<Suspension>,
    /// When each device was last there, milliseconds since 1970; the latest last.
    pub last_seen: IndexMap<Box<str>, u64>,
    /// How far each target was read, milliseconds since 1970; the latest moved last.
    pub read_markers: IndexMap<Box<str>, u64>,
}

/// What a code sent by mail is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// Completing the registration.
    Verification,
    /// Setting a new password.
    PasswordReset,
    /// Taking the e-mail address it was sent to.
    EmailChange,
}

/// A code sent by mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// What it is good for.
    pub purpose: Purpose,
    /// The code.
    pub code: Box<str>,
    /// The address it was sent to.
    pub email: Box<str>,
    /// When it was made, milliseconds since 1970.
    pub at_ms: u64,
}

/// What an owner chose; `None` is the server's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Whether others can use the account's nicks.
    pub enforcement: Option<Enforcement>,
    /// Whether several sessions may share a nick.
    pub multiclient: Option<bool>,
    /// Whether the user stays when no session is left.
    pub always_on: Option<bool>,
    /// Whether the user is away when no session is left.
    pub auto_away: Option<bool>,
    /// Lines replayed on joining a channel.
    pub autoreplay_lines: Option<u32>,
    /// Whether clients that cannot be shown what is not a message are told of it in words: in every replay, or
    /// (`false`) only where it was asked for; the default is nowhere.
    pub replay_joins: Option<bool>,
    /// Whether missed lines are replayed on connecting; the default is yes.
    pub autoreplay_missed: Option<bool>,
    /// How direct messages are kept.
    pub dm_history: Option<HistoryChoice>,
}

/// Whether others can use an account's nicks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Enforcement {
    /// They can.
    None,
    /// They cannot.
    Strict,
}

/// How messages are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HistoryChoice {
    /// Not at all.
    Off,
    /// In memory.
    Ephemeral,
    /// For good.
    On,
}

/// A host shown instead of the cloak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vhost {
    /// The host.
    pub host: Box<str>,
    /// Whether the owner wants it shown.
    pub enabled: bool,
}

/// Why nobody may log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// The operator who said so.
    pub by: Box<str>,
    /// Why.
    pub reason: Box<str>,
    /// Since when, milliseconds since 1970.
    pub at_ms: u64,
    /// For how long; `None` for good.
    pub duration_ms: Option<u64>,
}

impl Suspension {
    /// Whether it still holds.
    pub fn holds(&self, wall_ms: u64) -> bool {
        self.duration_ms.is_none_or(|duration_ms| wall_ms < self.at_ms.saturating_add(duration_ms))
    }
}

impl Account {
    /// An account that was just made.
    pub fn new(name: AccountName, credentials: Credentials, wall_ms: u64) -> Account {
        Account {
            name,
            registered_ms: wall_ms,
            verified: true,
            credentials,
            email: None,
            codes: Vec::new(),
            nicks: Vec::new(),
            settings: Settings::default(),
            vhost: None,
            suspended: None,
            last_seen: IndexMap::new(),
            read_markers: IndexMap::new(),
        }
    }

    /// Whether someone is kept out of it at this time.
    pub fn is_suspended(&self, wall_ms: u64) -> bool {
        self.suspended.as_ref().is_some_and(|suspension| suspension.holds(wall_ms))
    }

    /// Notes a time under a name in one of the two bounded lists: it becomes the latest.
    pub(super) fn remember(list: &mut IndexMap<Box<str>, u64>, name: &str, at_ms: u64, entries_max: usize) {
        list.shift_remove(name);
        list.insert(name.into(), at_ms);
        while list.len() > entries_max {
            list.shift_remove_index(0);
        }
    }
}

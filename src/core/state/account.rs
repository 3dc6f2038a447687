//! An account as plain data: a registered name with credentials, which outlives connections.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::auth::Credentials;
use crate::text::{AccountName, CaseMapping, Nick};

/// The folded nicks of services, and one that looks like a source that the server uses.
const RESERVED: [&str; 9] =
    ["nickserv", "chanserv", "hostserv", "histserv", "memoserv", "botserv", "operserv", "global", "=scene="];

/// Returns whether a nick or account name, given folded and as written, is reserved for the server or looks
/// like a reserved one.
pub fn is_reserved_name(mapping: CaseMapping, key: &str, shown: &str) -> bool {
    RESERVED.contains(&key) || mapping.has_skeletons() && RESERVED.contains(&mapping.skeleton(shown).as_str())
}

/// The maximum number of devices whose last visit is remembered; the least recent one is dropped.
pub const DEVICES_MAX: usize = 64;
/// The maximum number of read markers per account; the least recently moved one is dropped.
pub const READ_MARKERS_MAX: usize = 256;

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// The name.
    pub name: AccountName,
    /// When it was registered, in milliseconds since 1970.
    pub registered_ms: u64,
    /// Whether its email address is verified, or need not be.
    pub verified: bool,
    /// The passphrase and certificates that can log in.
    pub credentials: Credentials,
    /// The email address of its owner.
    pub email: Option<Box<str>>,
    /// Codes that were sent by email and not used yet.
    pub codes: Vec<Code>,
    /// Additional nicks reserved for it, in the order of grouping.
    pub nicks: Vec<Nick>,
    /// The settings of its owner.
    pub settings: Settings,
    /// The host shown instead of the cloak.
    pub vhost: Option<Vhost>,
    /// Set while no one can log in to it.
    pub suspended: Option<Suspension>,
    /// When each device was last connected, in milliseconds since 1970, the latest last.
    pub last_seen: IndexMap<Box<str>, u64>,
    /// The read marker of each target, in milliseconds since 1970, the most recently moved last.
    pub read_markers: IndexMap<Box<str>, u64>,
}

/// The purpose of a code sent by email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// Completing the registration.
    Verification,
    /// Setting a new password.
    PasswordReset,
    /// Changing to the email address that it was sent to.
    EmailChange,
}

/// A code sent by email.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The purpose.
    pub purpose: Purpose,
    /// The code.
    pub code: Box<str>,
    /// The address it was sent to.
    pub email: Box<str>,
    /// When it was created, in milliseconds since 1970.
    pub at_ms: u64,
}

/// The settings of an account; `None` means the server's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Whether others can use the account's nicks.
    pub enforcement: Option<Enforcement>,
    /// Whether several sessions can share a nick.
    pub multiclient: Option<bool>,
    /// Whether the user stays on the network without a session.
    pub always_on: Option<bool>,
    /// Whether the user is away without a session.
    pub auto_away: Option<bool>,
    /// The number of lines replayed on joining a channel.
    pub autoreplay_lines: Option<u32>,
    /// Whether events are replayed as text to clients without event-playback: always, or (`false`) only when
    /// a command requests history; never by default.
    pub replay_joins: Option<bool>,
    /// Whether missed lines are replayed on connecting; they are by default.
    pub autoreplay_missed: Option<bool>,
    /// How direct messages are stored.
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

/// How messages are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HistoryChoice {
    /// Not at all.
    Off,
    /// In memory.
    Ephemeral,
    /// Permanently.
    On,
}

/// A host shown instead of the cloak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vhost {
    /// The host.
    pub host: Box<str>,
    /// Whether it is shown.
    pub enabled: bool,
}

/// A suspension of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// The operator who suspended it.
    pub by: Box<str>,
    /// The reason.
    pub reason: Box<str>,
    /// When it was suspended, in milliseconds since 1970.
    pub at_ms: u64,
    /// The duration; `None` means permanently.
    pub duration_ms: Option<u64>,
}

impl Suspension {
    /// Returns whether it has not expired.
    pub fn holds(&self, wall_ms: u64) -> bool {
        self.duration_ms.is_none_or(|duration_ms| wall_ms < self.at_ms.saturating_add(duration_ms))
    }
}

impl Account {
    /// Creates an account without settings.
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

    /// Returns whether it is suspended at this time.
    pub fn is_suspended(&self, wall_ms: u64) -> bool {
        self.suspended.as_ref().is_some_and(|suspension| suspension.holds(wall_ms))
    }

    /// Sets the time of a name in one of the two bounded lists, and moves it to the end.
    pub(super) fn remember(list: &mut IndexMap<Box<str>, u64>, name: &str, at_ms: u64, entries_max: usize) {
        list.shift_remove(name);
        list.insert(name.into(), at_ms);
        while list.len() > entries_max {
            list.shift_remove_index(0);
        }
    }
}

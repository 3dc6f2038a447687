//! Users, sessions and channels as plain data by id, and the way to change them: [`State::apply`]. The
//! bookkeeping of a session that changes with every line ([`State::touch`], [`State::mark_pinged`]) needs
//! no fact.
//!
//! It has no rules, because facts are checked before they are applied, and no output. Invariants: see
//! [`check`].

pub mod account;
mod apply;
pub mod ban;
pub mod batch;
pub mod channel;
pub mod check;
pub mod codec;
pub mod connections;
pub mod defcon;
pub mod fact;
pub mod id;
pub mod import;
mod index;
pub mod mail_log;
pub mod members;
pub mod modes;
pub mod monitor;
pub mod record;
pub mod registry;
pub mod session;
pub mod slots;
pub mod snapshot;
pub mod user;
pub mod whowas;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::auth::Throttle;
pub use account::Account;
pub use apply::Moment;
pub use channel::Channel;
pub use defcon::Defcon;
pub use fact::Fact;
pub use id::{ChannelId, SessionId, UserId};
use index::Index;
use mail_log::MailLog;
pub use members::{Member, Members};
pub use modes::{Letters, List, ModeChange, Rank, Ranks};
use monitor::Monitors;
use registry::{Purge, Registration};
pub use session::{Door, Endpoints, Phase, Session};
pub use slots::Slots;
pub use user::User;
use whowas::Whowas;

/// The state of the network.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Connections.
    pub sessions: Slots<SessionId, Session>,
    /// Registered users.
    pub users: Slots<UserId, User>,
    /// Channels.
    pub channels: Slots<ChannelId, Channel>,
    /// The nicks that sessions monitor.
    pub monitors: Monitors,
    /// Past users, for WHOWAS.
    pub whowas: Whowas,
    /// The numbers of current and recent connections of hosts.
    pub connections: connections::Connections,
    /// The counts that LUSERS shows.
    pub counts: Counts,
    /// Accounts by folded name.
    pub accounts: Index<Arc<Account>>,
    /// Recent attempts to register an account, on the monotonic clock.
    pub registrations: Throttle,
    /// The times of recent emails, by address.
    pub mail_log: MailLog,
    /// The folded names of deleted accounts, which cannot be registered again.
    pub retired_accounts: BTreeSet<Box<str>>,
    /// Purged channel names, by folded name.
    pub purges: BTreeMap<Box<str>, Purge>,
    /// The secret for cloaks, if an operator changed it.
    pub cloak_secret: Option<Box<str>>,
    /// Bans from the server.
    pub bans: ban::Bans,
    /// The DEFCON level.
    pub defcon: Defcon,
    /// Operators who read server notices.
    pub snomask_readers: BTreeSet<UserId>,
    /// Whether the disk is full. Commands that would store something are then rejected.
    pub store_full: bool,
    /// Keys of records that have changed since they were last stored; see [`record`].
    pub dirty: BTreeSet<String>,
    /// Keys of records with changes that a power failure may undo.
    pub dirty_soon: BTreeSet<String>,
    nicks: Index<UserId>,
    account_users: Index<Vec<UserId>>,
    reserved_nicks: Index<Box<str>>,
    reserved_skeletons: Index<Box<str>>,
    certfps: Index<Box<str>>,
    skeletons: Index<UserId>,
    channel_names: Index<ChannelId>,
}

/// Numbers that would otherwise require a scan of all users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Users with mode `i`.
    pub invisible: usize,
    /// Operators.
    pub opers: usize,
    /// Connections that have not registered.
    pub unregistered: usize,
    /// The highest number of users so far.
    pub users_max: usize,
}

impl State {
    /// Creates an empty network that remembers at most `whowas_entries_max` past users.
    pub fn new(whowas_entries_max: usize) -> State {
        State { whowas: Whowas::new(whowas_entries_max), ..State::default() }
    }

    /// Finds a user by folded nick.
    pub fn user_by_key(&self, key: &str) -> Option<UserId> {
        self.nicks.get(key).copied()
    }

    /// Returns the account that a user is logged in to.
    pub fn account_of(&self, user: UserId) -> Option<&Account> {
        let name = self.users[user].account.as_ref()?;
        self.accounts.get(name.key()).map(|account| &**account)
    }

    /// Finds a user by the skeleton of the nick ([`crate::text::CaseMapping::skeleton`]).
    pub fn user_by_skeleton(&self, skeleton: &str) -> Option<UserId> {
        self.skeletons.get(skeleton).copied()
    }

    /// Finds a channel by folded name.
    pub fn channel_by_key(&self, key: &str) -> Option<ChannelId> {
        self.channel_names.get(key).copied()
    }

    /// Returns the account (folded) that a folded nick is reserved for.
    pub fn reserved_for(&self, nick_key: &str) -> Option<&str> {
        self.reserved_nicks.get(nick_key).map(|account| &**account)
    }

    /// Returns the account (folded) that reserves a nick with this skeleton.
    pub fn reserved_for_skeleton(&self, skeleton: &str) -> Option<&str> {
        self.reserved_skeletons.get(skeleton).map(|account| &**account)
    }

    /// Returns the account (folded) that a certificate fingerprint can log in to.
    pub fn account_by_certfp(&self, certfp: &str) -> Option<&str> {
        self.certfps.get(certfp).map(|account| &**account)
    }

    /// Returns the users that are logged in to an account (folded).
    pub fn users_of(&self, account: &str) -> &[UserId] {
        self.account_users.get(account).map_or(&[], Vec::as_slice)
    }

    /// Returns the sessions that are logged in to an account (folded) but not registered yet.
    pub fn registering_with(&self, account: &str) -> Vec<SessionId> {
        let into = |session: &Session| {
            session.registering().and_then(|known| known.account.as_deref()).is_some_and(|own| own == account)
        };
        self.sessions.iter().filter(|(_, session)| into(session)).map(|(id, _)| id).collect()
    }

    /// Iterates over all registered channels.
    pub fn registered_channels(&self) -> impl Iterator<Item = (ChannelId, &Channel, &Registration)> {
        self.channels.iter().filter_map(|(id, channel)| Some((id, channel, channel.registration.as_deref()?)))
    }

    /// Returns whether two users share a channel, and the first may know that.
    pub fn share_channel(&self, viewer: UserId, subject: UserId) -> bool {
        let (Some(a), Some(b)) = (self.users.get(viewer), self.users.get(subject)) else { return false };
        let (few, other) = match a.channels.len() <= b.channels.len() {
            true => (&a.channels, subject),
            false => (&b.channels, viewer),
        };
        few.iter()
            .map(|&channel| &self.channels[channel])
            .any(|channel| channel.members.contains_key(&other) && channel.shows(viewer, subject))
    }
}

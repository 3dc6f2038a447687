//! Users, sessions and channels as plain data by id, and the way to change them: [`State::apply`]. Only
//! when a session was last heard is noted outside of facts ([`State::touch`], [`State::mark_pinged`]), as it
//! changes with every line and concerns nobody else.
//!
//! No rules: what is applied was judged before. No output. Invariants: what [`check`] looks for.

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

/// Everything the engine knows of the network.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Connections.
    pub sessions: Slots<SessionId, Session>,
    /// Registered users.
    pub users: Slots<UserId, User>,
    /// Channels.
    pub channels: Slots<ChannelId, Channel>,
    /// Who watches which nick.
    pub monitors: Monitors,
    /// Users of late.
    pub whowas: Whowas,
    /// How many connections each host has and makes.
    pub connections: connections::Connections,
    /// What LUSERS tells, kept up as things change.
    pub counts: Counts,
    /// Accounts by folded name.
    pub accounts: BTreeMap<Box<str>, Arc<Account>>,
    /// Registrations of late, on the clock that never jumps.
    pub registrations: Throttle,
    /// Letters sent lately, by address.
    pub mail_log: MailLog,
    /// Names of accounts that are gone and may not be taken again, folded.
    pub retired_accounts: BTreeSet<Box<str>>,
    /// Channel names nobody may use, by folded name.
    pub purges: BTreeMap<Box<str>, Purge>,
    /// The secret of the cloaks, if an operator changed it.
    pub cloak_secret: Option<Box<str>>,
    /// Bans from the server.
    pub bans: ban::Bans,
    /// How far the server has closed itself.
    pub defcon: Defcon,
    /// Operators who read server notices.
    pub snomask_readers: BTreeSet<UserId>,
    /// The disk has no room: nothing should be promised that would have to be stored.
    pub store_full: bool,
    /// Keys of the stored records that have changed since they were last stored; see [`record`].
    pub dirty: BTreeSet<String>,
    /// Keys of records that have changed in a way that only a power failure may take back.
    pub dirty_soon: BTreeSet<String>,
    nicks: Index<UserId>,
    account_users: Index<Vec<UserId>>,
    reserved_nicks: Index<Box<str>>,
    reserved_skeletons: Index<Box<str>>,
    certfps: Index<Box<str>>,
    skeletons: Index<UserId>,
    channel_names: Index<ChannelId>,
}

/// Numbers that would otherwise need a walk over all users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Users with mode `i`.
    pub invisible: usize,
    /// Operators.
    pub opers: usize,
    /// Connections that have not registered.
    pub unregistered: usize,
    /// The most users there ever were at once.
    pub users_max: usize,
}

impl State {
    /// An empty network that remembers so many former users.
    pub fn new(whowas_entries_max: usize) -> State {
        State { whowas: Whowas::new(whowas_entries_max), ..State::default() }
    }

    /// Finds a user by folded nick.
    pub fn user_by_key(&self, key: &str) -> Option<UserId> {
        self.nicks.get(key).copied()
    }

    /// The account a user is logged into.
    pub fn account_of(&self, user: UserId) -> Option<&Account> {
        let name = self.users[user].account.as_ref()?;
        self.accounts.get(name.key()).map(|account| &**account)
    }

    /// Finds the user whose nick looks like this; see [`crate::text`] on skeletons.
    pub fn user_by_skeleton(&self, skeleton: &str) -> Option<UserId> {
        self.skeletons.get(skeleton).copied()
    }

    /// Finds a channel by folded name.
    pub fn channel_by_key(&self, key: &str) -> Option<ChannelId> {
        self.channel_names.get(key).copied()
    }

    /// The account (folded) for which a folded nick is reserved.
    pub fn reserved_for(&self, nick_key: &str) -> Option<&str> {
        self.reserved_nicks.get(nick_key).map(|account| &**account)
    }

    /// The account (folded) that has a nick which looks like this.
    pub fn reserved_for_skeleton(&self, skeleton: &str) -> Option<&str> {
        self.reserved_skeletons.get(skeleton).map(|account| &**account)
    }

    /// The account (folded) that a client certificate's fingerprint logs into.
    pub fn account_by_certfp(&self, certfp: &str) -> Option<&str> {
        self.certfps.get(certfp).map(|account| &**account)
    }

    /// Everyone who is logged into an account (folded).
    pub fn users_of(&self, account: &str) -> &[UserId] {
        self.account_users.get(account).map_or(&[], Vec::as_slice)
    }

    /// Sessions that are logged into an account (folded), and not registered yet.
    pub fn registering_with(&self, account: &str) -> Vec<SessionId> {
        let into = |session: &Session| {
            session.registering().and_then(|known| known.account.as_deref()).is_some_and(|own| own == account)
        };
        self.sessions.iter().filter(|(_, session)| into(session)).map(|(id, _)| id).collect()
    }

    /// All registered channels.
    pub fn registered_channels(&self) -> impl Iterator<Item = (ChannelId, &Channel, &Registration)> {
        self.channels.iter().filter_map(|(id, channel)| Some((id, channel, channel.registration.as_deref()?)))
    }

    /// Whether two users are in a channel together, and the first may know.
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

//! Users, sessions and channels as plain data by id, and the one way to change them:
//! [`State::apply`]. No rules, no output.

mod apply;
pub mod channel;
pub mod check;
pub mod fact;
pub mod id;
pub mod limits;
pub mod modes;
pub mod session;
pub mod slots;
pub mod user;
pub mod whowas;

use std::collections::HashMap;

pub use apply::Moment;
pub use channel::{Channel, Member};
pub use fact::Fact;
pub use id::{ChannelId, SessionId, UserId};
pub use modes::{Letters, List, ModeChange, Rank, Ranks};
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
    /// Users of late.
    pub whowas: Whowas,
    /// How many connections each host has and makes.
    pub limits: limits::Limits,
    /// What LUSERS tells, kept up as things change.
    pub counts: Counts,
    nicks: HashMap<Box<str>, UserId>,
    skeletons: HashMap<Box<str>, UserId>,
    channel_names: HashMap<Box<str>, ChannelId>,
}

/// Numbers that would otherwise need a walk over all users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

    /// Finds the user whose nick looks like this; see [`crate::text`] on skeletons.
    pub fn user_by_skeleton(&self, skeleton: &str) -> Option<UserId> {
        self.skeletons.get(skeleton).copied()
    }

    /// Finds a channel by folded name.
    pub fn channel_by_key(&self, key: &str) -> Option<ChannelId> {
        self.channel_names.get(key).copied()
    }

    /// Whether two users are in a channel together.
    pub fn share_channel(&self, a: UserId, b: UserId) -> bool {
        let (Some(a), Some(_)) = (self.users.get(a), self.users.get(b)) else { return false };
        a.channels.iter().any(|&channel| self.channels[channel].members.contains_key(&b))
    }
}

//! A user as plain data: a nick on the network, with any number of sessions.

use std::net::IpAddr;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::id::{ChannelId, SessionId, UserId};
use super::modes::Letters;
use crate::history::Ring;
use crate::text::{AccountName, Nick};

/// The maximum number of users that a user accepts; the oldest is dropped.
const ACCEPTED_MAX: usize = 100;

/// The away text of a user with auto-away who has no session. It is not stored, because it follows from that.
pub const DISCONNECTED: &str = "User is currently disconnected";

/// A registered user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The nick.
    pub nick: Nick,
    /// The username in `nick!user@host`, including `~`.
    pub username: Box<str>,
    /// The real name.
    pub realname: Box<str>,
    /// The host that others see instead of the cloak.
    vhost: Option<Box<str>>,
    /// The host without a vhost: the cloak, or the real host if cloaks are disabled.
    pub cloak: Box<str>,
    /// The hostname or address of the connection.
    pub real_host: Box<str>,
    /// The address of the connection.
    pub ip: IpAddr,
    /// The account that the user is logged in to.
    pub account: Option<AccountName>,
    /// User modes.
    pub modes: Letters,
    /// The snomasks of an operator; mode `s` is set if there are any.
    pub snomasks: Letters,
    /// Set while the user is an operator.
    pub oper: Option<Box<Oper>>,
    /// The away text, set while every session is away.
    pub away: Option<Box<str>>,
    /// The sessions.
    #[serde(with = "super::codec::small")]
    pub sessions: SmallVec<[SessionId; 1]>,
    /// The channels, in the order of joining; bounded by `max-channels-per-client`.
    pub channels: Vec<ChannelId>,
    /// Users that can send messages despite `+R`; bounded, the oldest is dropped. Stale ids match no user.
    pub accepted: Vec<UserId>,
    /// Open invitations; bounded, the oldest is dropped.
    pub invites: Vec<Invite>,
    /// The read markers of a user without an account; see [`super::Account`].
    pub read_markers: IndexMap<Box<str>, u64>,
    /// The latest messages of all conversations.
    pub history: Ring,
    /// Whether the user stays on the network without a session.
    pub always_on: bool,
    /// When the user connected, in seconds since 1970.
    pub signed_on_s: u64,
    /// When the user last sent a message, in seconds since 1970.
    pub active_s: u64,
    source: Box<str>,
}

/// The operator status of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oper {
    /// The name of the entry in `opers`.
    pub name: Box<str>,
    /// The text shown in WHOIS.
    pub title: Box<str>,
    /// Whether operator status is hidden from others.
    pub hidden: bool,
    /// The privileges of the class.
    pub capabilities: Box<[Box<str>]>,
}

/// An invitation to a channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invite {
    /// The channel. A later channel with the same name is a different one.
    pub channel: ChannelId,
    /// When the invitation was sent, in milliseconds since 1970.
    pub at_ms: u64,
}

/// The properties of a user at registration.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The nick.
    pub nick: Nick,
    /// The username, including `~`.
    pub username: Box<str>,
    /// The real name.
    pub realname: Box<str>,
    /// The visible host.
    pub cloak: Box<str>,
    /// The hostname or address.
    pub real_host: Box<str>,
    /// The address.
    pub ip: IpAddr,
    /// The initial modes.
    pub modes: Letters,
    /// The account that the user is logged in to.
    pub account: Option<AccountName>,
    /// The time, in seconds since 1970.
    pub at_s: u64,
}

impl User {
    /// Creates a user with one session, or (always-on) with none.
    pub fn new(new: NewUser, session: Option<SessionId>) -> User {
        let mut user = User {
            nick: new.nick,
            username: new.username,
            realname: new.realname,
            vhost: None,
            cloak: new.cloak,
            real_host: new.real_host,
            ip: new.ip,
            account: new.account,
            modes: new.modes,
            snomasks: Letters::default(),
            oper: None,
            away: None,
            sessions: session.into_iter().collect(),
            channels: Vec::new(),
            accepted: Vec::new(),
            invites: Vec::new(),
            read_markers: IndexMap::new(),
            history: Ring::default(),
            always_on: false,
            signed_on_s: new.at_s,
            active_s: new.at_s,
            source: Box::default(),
        };
        user.update_source();
        user
    }

    /// Returns `nick!user@host` as others see it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the host that others see: a vhost, the cloak or the real host.
    pub fn host(&self) -> &str {
        self.vhost.as_deref().unwrap_or(&self.cloak)
    }

    pub(super) fn set_host(&mut self, host: &str) {
        self.vhost = (*host != *self.cloak).then(|| host.into());
        self.update_source();
    }

    pub(super) fn move_to(&mut self, real_host: &str, cloak: &str) {
        (self.real_host, self.cloak) = (real_host.into(), cloak.into());
        self.set_host(cloak);
    }

    /// Updates the source. Must be called after every change of nick, username or host.
    pub(super) fn update_source(&mut self) {
        self.source = format!("{}!{}@{}", self.nick.as_str(), self.username, self.host()).into();
    }

    /// Adds or removes another user whose messages are accepted despite `+R`.
    pub(super) fn accept(&mut self, other: UserId, on: bool) {
        if !on {
            self.accepted.retain(|&accepted| accepted != other);
        } else if !self.accepted.contains(&other) {
            if self.accepted.len() == ACCEPTED_MAX {
                self.accepted.remove(0);
            }
            self.accepted.push(other);
        }
    }

    /// Returns whether the user is an operator with a privilege.
    pub fn may(&self, capability: &str) -> bool {
        self.oper.as_ref().is_some_and(|oper| oper.capabilities.iter().any(|c| &**c == capability))
    }

    /// Returns the name of the account, or `*`.
    pub fn account_or_star(&self) -> &str {
        self.account.as_ref().map_or("*", AccountName::as_str)
    }
}

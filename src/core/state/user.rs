//! A user as data: one nick on the network, whatever connections it has.

use std::net::IpAddr;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::id::{ChannelId, SessionId, UserId};
use super::modes::Letters;
use crate::history::Ring;
use crate::text::{AccountName, Nick};

/// Users that one user accepts; the oldest is forgotten.
const ACCEPTED_MAX: usize = 100;

/// The away text of a user with automatic away who has no session. It is not stored, as it follows from that.
pub const DISCONNECTED: &str = "User is currently disconnected";

/// A registered user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The nick.
    pub nick: Nick,
    /// What `nick!user@host` calls user, with its `~`.
    pub username: Box<str>,
    /// The real name.
    pub realname: Box<str>,
    /// What others see: a vhost, or the cloak, or the real host.
    pub host: Box<str>,
    /// The cloak, or the real host where cloaks are off; what `host` falls back to.
    pub cloak: Box<str>,
    /// The host name or address of the connection.
    pub real_host: Box<str>,
    /// The address of the connection.
    pub ip: IpAddr,
    /// The account logged into.
    pub account: Option<AccountName>,
    /// User modes.
    pub modes: Letters,
    /// The server notices that this operator reads; mode `s` is set while there are any.
    pub snomasks: Letters,
    /// Set while this is an operator.
    pub oper: Option<Box<Oper>>,
    /// The away text, while every session is away.
    pub away: Option<Box<str>>,
    /// The connections.
    #[serde(with = "super::codec::small")]
    pub sessions: SmallVec<[SessionId; 1]>,
    /// The channels, in the order of joining; bounded by `max-channels-per-client`.
    pub channels: Vec<ChannelId>,
    /// Users that can send messages despite `+R`; bounded, the oldest is dropped. Stale ids match no user.
    pub accepted: Vec<UserId>,
    /// Open invitations, by the channel's folded name; bounded, the oldest goes.
    pub invites: Vec<Invite>,
    /// How far each target was read, for who has no account; as in [`super::Account`].
    pub read_markers: IndexMap<Box<str>, u64>,
    /// The latest of all conversations.
    pub history: Ring,
    /// The user stays when no session is left.
    pub always_on: bool,
    /// When the user appeared, seconds since 1970.
    pub signed_on_s: u64,
    /// When the user last said something, seconds since 1970.
    pub active_s: u64,
    source: Box<str>,
}

/// What makes a user an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oper {
    /// The name of the entry in `opers`.
    pub name: Box<str>,
    /// What WHOIS says.
    pub title: Box<str>,
    /// Operator status is not shown to others.
    pub hidden: bool,
    /// Capabilities of the class.
    pub capabilities: Box<[Box<str>]>,
}

/// An invitation into a channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invite {
    /// The channel. One that is formed later under the same name is another.
    pub channel: ChannelId,
    /// When it was given, milliseconds since 1970.
    pub at_ms: u64,
}

/// What a user is made of at registration.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The nick.
    pub nick: Nick,
    /// With its `~`.
    pub username: Box<str>,
    /// The real name.
    pub realname: Box<str>,
    /// The visible host.
    pub cloak: Box<str>,
    /// The host name or address.
    pub real_host: Box<str>,
    /// The address.
    pub ip: IpAddr,
    /// Modes from the start.
    pub modes: Letters,
    /// The account logged into.
    pub account: Option<AccountName>,
    /// Seconds since 1970.
    pub at_s: u64,
}

impl User {
    /// A user with one session, or (always-on) with none yet.
    pub fn new(new: NewUser, session: Option<SessionId>) -> User {
        let mut user = User {
            nick: new.nick,
            username: new.username,
            realname: new.realname,
            host: new.cloak.clone(),
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
        user.renew_source();
        user
    }

    /// `nick!user@host` as others see it.
    pub fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn set_host(&mut self, host: &str) {
        self.host = host.into();
        self.renew_source();
    }

    pub(super) fn move_to(&mut self, real_host: &str, cloak: &str) {
        (self.real_host, self.cloak) = (real_host.into(), cloak.into());
        self.set_host(cloak);
    }

    /// Must follow every change of nick, user name or host.
    pub(super) fn renew_source(&mut self) {
        self.source = format!("{}!{}@{}", self.nick.as_str(), self.username, self.host).into();
    }

    /// Notes that the user wants to hear another one, or does not insist on it any longer.
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

    /// Whether the operator's class has the capability.
    pub fn may(&self, capability: &str) -> bool {
        self.oper.as_ref().is_some_and(|oper| oper.capabilities.iter().any(|c| &**c == capability))
    }

    /// The account's name, or `*`.
    pub fn account_or_star(&self) -> &str {
        self.account.as_ref().map_or("*", AccountName::as_str)
    }
}

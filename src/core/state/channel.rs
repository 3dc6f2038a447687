//! A channel as plain data.

use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::members::Members;
use super::modes::{Letters, List, Rank, Ranks};
use super::registry::Registration;
use super::user::User;
use crate::history::Ring;
use crate::text::{ChannelName, Mask};

/// A channel and its members.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Channel {
    /// The name.
    pub name: ChannelName,
    /// When it was created, in seconds since 1970.
    pub created_s: u64,
    /// The topic, if one is set.
    pub topic: Option<Box<Topic>>,
    /// Modes without a parameter.
    pub flags: Letters,
    /// `+k`
    pub key: Option<Box<str>>,
    /// `+l`
    pub limit: Option<u32>,
    /// `+f`: the channel that users are forwarded to if anything but a ban keeps them out.
    pub forward: Option<ChannelName>,
    /// `+b`
    pub bans: Vec<MaskEntry>,
    /// `+e`
    pub excepts: Vec<MaskEntry>,
    /// `+I`
    pub invexes: Vec<MaskEntry>,
    /// Set while it is registered. A registered channel stays when its last member leaves.
    pub registration: Option<Box<Registration>>,
    /// The members.
    pub members: Members,
    /// The latest messages and events.
    pub history: Ring,
}

/// A topic.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Topic {
    /// The text.
    pub text: Box<str>,
    /// The user who set it, as `nick!user@host`.
    pub by: Box<str>,
    /// When it was set, in seconds since 1970.
    pub at_s: u64,
}

/// An entry of a list of masks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MaskEntry {
    /// The mask.
    pub mask: Mask,
    /// The user who set it, as `nick!user@host`.
    pub by: Box<str>,
    /// When it was set, in seconds since 1970.
    pub at_s: u64,
}

impl Channel {
    /// Creates a channel without members.
    pub fn new(name: ChannelName, flags: Letters, created_s: u64) -> Channel {
        Channel {
            name,
            created_s,
            topic: None,
            flags,
            key: None,
            limit: None,
            forward: None,
            bans: Vec::new(),
            excepts: Vec::new(),
            invexes: Vec::new(),
            registration: None,
            members: Members::default(),
            history: Ring::default(),
        }
    }

    /// Returns one of the three lists.
    pub fn list(&self, list: List) -> &Vec<MaskEntry> {
        match list {
            List::Ban => &self.bans,
            List::Except => &self.excepts,
            List::Invex => &self.invexes,
        }
    }

    /// Returns one of the three lists, mutably.
    pub fn list_mut(&mut self, list: List) -> &mut Vec<MaskEntry> {
        match list {
            List::Ban => &mut self.bans,
            List::Except => &mut self.excepts,
            List::Invex => &mut self.invexes,
        }
    }

    /// Returns the ranks of a user; none if the user is not a member.
    pub fn ranks(&self, user: UserId) -> Ranks {
        self.members.get(&user).map_or(Ranks::NONE, |member| member.ranks)
    }

    /// Returns the rank of the user's account, in a registered channel.
    pub fn rank_by_account(&self, user: &User) -> Option<Rank> {
        self.registration.as_ref()?.rank_of(user.account.as_ref()?.key())
    }

    /// Returns whether the channel is registered and the user's account is its founder.
    pub fn is_founder(&self, user: &User) -> bool {
        let both = self.registration.as_ref().zip(user.account.as_ref());
        both.is_some_and(|(registration, account)| *registration.founder == *account.key())
    }

    /// Returns whether a user may know that the channel exists. A secret one (`+s`) is known to its members,
    /// to accounts with a rank in it or an offer to own it, and to server operators.
    pub fn is_known_to(&self, id: UserId, user: &User) -> bool {
        let is_offered = || {
            let offered_to =
                self.registration.as_ref().and_then(|registration| registration.offered_to.as_deref());
            offered_to.is_some() && offered_to == user.account.as_ref().map(|account| account.key())
        };
        !self.flags.has('s')
            || self.members.contains_key(&id)
            || user.oper.is_some()
            || self.rank_by_account(user).is_some()
            || is_offered()
    }

    /// Returns whether one user may know that another is a member. In an auditorium (`+u`), members without
    /// a rank are hidden from each other.
    pub fn shows(&self, viewer: UserId, subject: UserId) -> bool {
        !self.flags.has('u')
            || viewer == subject
            || self.is_at_least(subject, Rank::Voice)
            || self.is_at_least(viewer, Rank::Voice)
    }

    /// Returns whether most members may not know that the user is a member: one without a rank in an
    /// auditorium.
    pub fn hides(&self, user: UserId) -> bool {
        self.flags.has('u') && !self.is_at_least(user, Rank::Voice)
    }

    /// Returns whether a user is a member with this rank or a higher one.
    pub fn is_at_least(&self, user: UserId, rank: Rank) -> bool {
        self.ranks(user).at_least(rank)
    }
}

//! A channel as data.

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
    /// Its name.
    pub name: ChannelName,
    /// When it was formed, seconds since 1970.
    pub created_s: u64,
    /// The topic, if one is set.
    pub topic: Option<Box<Topic>>,
    /// Modes without a parameter.
    pub flags: Letters,
    /// `+k`
    pub key: Option<Box<str>>,
    /// `+l`
    pub limit: Option<u32>,
    /// `+f`: where those go who are refused for another reason than a ban.
    pub forward: Option<ChannelName>,
    /// `+b`
    pub bans: Vec<MaskEntry>,
    /// `+e`
    pub excepts: Vec<MaskEntry>,
    /// `+I`
    pub invexes: Vec<MaskEntry>,
    /// Set while it is registered; then it stays when its last member leaves.
    pub registration: Option<Box<Registration>>,
    /// Who is in it.
    pub members: Members,
    /// The latest of what was said and done.
    pub history: Ring,
}

/// A topic.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Topic {
    /// What it says.
    pub text: Box<str>,
    /// `nick!user@host` of who set it.
    pub by: Box<str>,
    /// When, seconds since 1970.
    pub at_s: u64,
}

/// An entry of a list of masks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MaskEntry {
    /// The mask.
    pub mask: Mask,
    /// `nick!user@host` of who set it.
    pub by: Box<str>,
    /// When, seconds since 1970.
    pub at_s: u64,
}

impl Channel {
    /// A channel without members.
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

    /// One of the three lists.
    pub fn list(&self, list: List) -> &Vec<MaskEntry> {
        match list {
            List::Ban => &self.bans,
            List::Except => &self.excepts,
            List::Invex => &self.invexes,
        }
    }

    /// As [`Channel::list`], to change it.
    pub fn list_mut(&mut self, list: List) -> &mut Vec<MaskEntry> {
        match list {
            List::Ban => &mut self.bans,
            List::Except => &mut self.excepts,
            List::Invex => &mut self.invexes,
        }
    }

    /// The ranks of a user; none for who is not a member.
    pub fn ranks(&self, user: UserId) -> Ranks {
        self.members.get(&user).map_or(Ranks::NONE, |member| member.ranks)
    }

    /// The rank that comes with the user's account, in a registered channel.
    pub fn rank_by_account(&self, user: &User) -> Option<Rank> {
        self.registration.as_ref()?.rank_of(user.account.as_ref()?.key())
    }

    /// Whether the channel is registered and belongs to the user's account.
    pub fn is_founder(&self, user: &User) -> bool {
        let both = self.registration.as_ref().zip(user.account.as_ref());
        both.is_some_and(|(registration, account)| *registration.founder == *account.key())
    }

    /// Whether a user may know that the channel exists. A secret one (`+s`) is known to its members, to accounts
    /// that hold a rank in it or are to take it over, and to operators of the server.
    pub fn is_known_to(&self, id: UserId, user: &User) -> bool {
        let is_offered = || {
            let offered_to = self.registration.as_ref().and_then(|there| there.offered_to.as_deref());
            offered_to.is_some() && offered_to == user.account.as_ref().map(|account| account.key())
        };
        !self.flags.has('s')
            || self.members.contains_key(&id)
            || user.oper.is_some()
            || self.rank_by_account(user).is_some()
            || is_offered()
    }

    /// Whether one user may know that another is a member. In an auditorium (`+u`) those without a
    /// rank are hidden from each other.
    pub fn shows(&self, viewer: UserId, subject: UserId) -> bool {
        !self.flags.has('u')
            || viewer == subject
            || self.is_at_least(subject, Rank::Voice)
            || self.is_at_least(viewer, Rank::Voice)
    }

    /// Whether most members may not know that the user is there: an auditorium's members without a rank.
    pub fn hides(&self, user: UserId) -> bool {
        self.flags.has('u') && !self.is_at_least(user, Rank::Voice)
    }

    /// Whether a user is a member and holds the rank or a higher one.
    pub fn is_at_least(&self, user: UserId, rank: Rank) -> bool {
        self.ranks(user).at_least(rank)
    }
}

//! Visibility of users and channels to a user.

use crate::state::{ChannelId, Rank, Ranks, Slots, State, User, UserId};

/// The capability with which an operator sees secret channels and invisible users.
const SEES_ALL: &str = "sajoin";

/// Returns whether a user can see a channel: only members see a secret one, and no user sees one whose name
/// is purged.
pub fn sees_channel(state: &State, viewer: UserId, channel: ChannelId) -> bool {
    let channel = &state.channels[channel];
    if state.purges.contains_key(channel.name.key()) {
        return false;
    }
    !channel.flags.has('s') || channel.members.contains_key(&viewer) || state.users[viewer].may(SEES_ALL)
}

/// Returns whether searches show a user: invisible users are only shown to peers.
pub fn sees_user(state: &State, viewer: UserId, user: UserId) -> bool {
    let visible = viewer == user || !state.users[user].modes.has('i');
    visible || state.users[viewer].may(SEES_ALL) || state.share_channel(viewer, user)
}

/// Returns whether a user is notified of changes of another, such as of the nick: they share a channel that
/// does not hide the other.
pub fn is_notified_of(state: &State, viewer: UserId, user: UserId) -> bool {
    let shared = state.users[user].channels.iter().map(|&channel| &state.channels[channel]);
    shared.into_iter().any(|channel| channel.members.contains_key(&viewer) && channel.shows(viewer, user))
}

/// Returns whether a user is seen to be in a channel; see [`Sight`]. Users always see themselves.
pub fn sees_member(state: &State, viewer: UserId, channel: ChannelId, user: UserId) -> bool {
    viewer == user || Sight::of(state, viewer, channel).shows(user, state.channels[channel].ranks(user))
}

/// The members of one channel that a user sees. Only members see invisible ones. In an auditorium (`+u`),
/// users without a rank see only members with a rank, so not themselves.
pub struct Sight<'s> {
    users: &'s Slots<UserId, User>,
    viewer: UserId,
    invisible: bool,
    unranked: bool,
}

impl Sight<'_> {
    /// Returns the sight that `viewer` has of the channel.
    pub fn of(state: &State, viewer: UserId, channel: ChannelId) -> Sight<'_> {
        let channel = &state.channels[channel];
        let sees_all = state.users[viewer].may(SEES_ALL);
        let invisible = sees_all || channel.members.contains_key(&viewer);
        let unranked = sees_all || !channel.flags.has('u') || channel.is_at_least(viewer, Rank::Voice);
        Sight { users: &state.users, viewer, invisible, unranked }
    }

    /// Returns whether a member with these ranks is seen.
    pub fn shows(&self, member: UserId, ranks: Ranks) -> bool {
        let seen = || self.invisible || !self.users[member].modes.has('i');
        (self.unranked || ranks != Ranks::NONE) && (member == self.viewer || seen())
    }
}

/// Returns whether a user is seen to be an operator: hidden operators only by operators and by themselves.
pub fn sees_oper(state: &State, viewer: UserId, user: UserId) -> bool {
    let Some(oper) = &state.users[user].oper else { return false };
    !oper.hidden || viewer == user || state.users[viewer].oper.is_some()
}

//! What one user may know of another, and of channels.

use crate::state::{ChannelId, Rank, Ranks, Slots, State, User, UserId};

/// The capability that lets an operator see what is secret or invisible.
const SEES_ALL: &str = "sajoin";

/// Whether a channel exists for this user: to others than its members a secret channel does not, and to
/// no user sees one whose name is purged.
pub fn sees_channel(state: &State, viewer: UserId, channel: ChannelId) -> bool {
    let channel = &state.channels[channel];
    if state.purges.contains_key(channel.name.key()) {
        return false;
    }
    !channel.flags.has('s') || channel.members.contains_key(&viewer) || state.users[viewer].may(SEES_ALL)
}

/// Whether a user shows up in searches: invisible ones only for those who share a channel with them.
pub fn sees_user(state: &State, viewer: UserId, user: UserId) -> bool {
    let visible = viewer == user || !state.users[user].modes.has('i');
    visible || state.users[viewer].may(SEES_ALL) || state.share_channel(viewer, user)
}

/// Whether a user hears what another does in person, such as a change of nick: they share a channel that does not
/// hide the other.
pub fn hears_of(state: &State, viewer: UserId, user: UserId) -> bool {
    let shared = state.users[user].channels.iter().map(|&channel| &state.channels[channel]);
    shared.into_iter().any(|channel| channel.members.contains_key(&viewer) && channel.shows(viewer, user))
}

/// Whether a user is seen to be in a channel; see [`Sight`]. Everyone knows where they are themselves.
pub fn sees_member(state: &State, viewer: UserId, channel: ChannelId, user: UserId) -> bool {
    viewer == user || Sight::of(state, viewer, channel).shows(user, state.channels[channel].ranks(user))
}

/// What a user sees of the members of one channel: invisible ones only as a member, and in an
/// auditorium (`+u`) without a rank only those who hold one, which leaves out the viewer.
pub struct Sight<'s> {
    users: &'s Slots<UserId, User>,
    viewer: UserId,
    invisible: bool,
    unranked: bool,
}

impl Sight<'_> {
    /// What `viewer` sees of the channel.
    pub fn of(state: &State, viewer: UserId, channel: ChannelId) -> Sight<'_> {
        let channel = &state.channels[channel];
        let sees_all = state.users[viewer].may(SEES_ALL);
        let invisible = sees_all || channel.members.contains_key(&viewer);
        let unranked = sees_all || !channel.flags.has('u') || channel.is_at_least(viewer, Rank::Voice);
        Sight { users: &state.users, viewer, invisible, unranked }
    }

    /// Whether a member with these ranks is seen.
    pub fn shows(&self, member: UserId, ranks: Ranks) -> bool {
        let seen = || self.invisible || !self.users[member].modes.has('i');
        (self.unranked || ranks != Ranks::NONE) && (member == self.viewer || seen())
    }
}

/// Whether a user is seen to be an operator: hidden ones only by operators and themselves.
pub fn sees_oper(state: &State, viewer: UserId, user: UserId) -> bool {
    let Some(oper) = &state.users[user].oper else { return false };
    !oper.hidden || viewer == user || state.users[viewer].oper.is_some()
}

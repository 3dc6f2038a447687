//! What one user may know of another, and of channels.

use crate::state::{ChannelId, State, UserId};

/// The capability that lets an operator see what is secret or invisible.
const SEES_ALL: &str = "sajoin";

/// Whether a channel exists for this user: to others than its members a secret channel does not, and to
/// nobody one whose name is purged.
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

/// Whether a user is seen to be in a channel: invisible ones only by its other members.
pub fn sees_member(state: &State, viewer: UserId, channel: ChannelId, user: UserId) -> bool {
    let visible = viewer == user || !state.users[user].modes.has('i');
    let members = &state.channels[channel].members;
    visible || members.contains_key(&viewer) || state.users[viewer].may(SEES_ALL)
}

/// Whether a user is seen to be an operator: hidden ones only by operators and themselves.
pub fn sees_oper(state: &State, viewer: UserId, user: UserId) -> bool {
    let Some(oper) = &state.users[user].oper else { return false };
    !oper.hidden || viewer == user || state.users[viewer].oper.is_some()
}

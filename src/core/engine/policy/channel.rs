//! Permissions of users in a channel.

use crate::config::Config;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::state::channel::MaskEntry;
use crate::state::{Channel, ChannelId, Rank, State, User, UserId};
use crate::text::folded_nuh;

/// Returns whether a mask of the channel's ban list matches the user and no exception does. With `mute`, only
/// mutes (`m:`) count, otherwise only the other entries.
pub fn is_banned(channel: &Channel, user: &User, mute: bool) -> bool {
    let matched = |list: &[MaskEntry], nuhs: &[String]| {
        let entries = list.iter().filter(|entry| entry.mask.is_mute() == mute);
        entries.into_iter().any(|entry| nuhs.iter().any(|nuh| entry.mask.matches(nuh)))
    };
    if !channel.bans.iter().any(|entry| entry.mask.is_mute() == mute) {
        return false;
    }
    let nuhs = folded_sources(user);
    matched(&channel.bans, &nuhs) && !matched(&channel.excepts, &nuhs)
}

/// Returns the sources that masks are matched against: the visible one, and the one with the cloak under a
/// vhost, so that a vhost does not lift a ban. The real host is not matched: bans must not reveal to
/// operators what cloaks hide.
pub fn folded_sources(user: &User) -> Vec<String> {
    let mut all = vec![folded_nuh(user.nick.key(), &user.username, user.host())];
    if *user.host() != *user.cloak {
        all.push(folded_nuh(user.nick.key(), &user.username, &user.cloak));
    }
    all
}

/// Returns the highest rank of a user in a channel. The founder of a registered channel has the founder's
/// rank even without the mode, and outside the channel.
pub fn rank_of_user(state: &State, user: UserId, channel: ChannelId) -> Option<Rank> {
    let channel = &state.channels[channel];
    match channel.is_founder(&state.users[user]) {
        true => Some(Rank::Founder),
        false => channel.ranks(user).highest(),
    }
}

/// Checks whether a user may speak in a channel (404). Members with any rank are exempt from `+m`, `+M` and
/// bans, as is customary.
pub fn can_speak(state: &State, user: UserId, channel: ChannelId) -> Outcome {
    let rank = rank_of_user(state, user, channel);
    let channel = &state.channels[channel];
    let refused = |mode| Err(Refusal::CannotSend { channel: channel.name.as_str().to_owned(), mode });
    if channel.flags.has('n') && !channel.members.contains_key(&user) {
        return refused('n');
    }
    if rank.is_some() {
        return Ok(());
    }
    if channel.flags.has('m') {
        return refused('m');
    }
    let speaker = &state.users[user];
    if channel.flags.has('M') && speaker.account.is_none() {
        return refused('M');
    }
    if is_banned(channel, speaker, false) || is_banned(channel, speaker, true) {
        return refused('b');
    }
    Ok(())
}

/// Returns whether a user may relay messages of others to a channel.
pub fn may_relay(config: &Config, state: &State, user: UserId, channel: ChannelId) -> bool {
    let operator = || rank_of_user(state, user, channel) >= Some(Rank::Op);
    state.users[user].may("relaymsg") || config.server.relaymsg.available_to_chanops && operator()
}

/// Returns whether a mute matches a relayed nick (folded). Relayed users have no known user name or host to
/// match.
pub fn is_relay_muted(channel: &Channel, nick: &str) -> bool {
    let nuh = folded_nuh(nick, "*", "*");
    let matched = |list: &[MaskEntry]| list.iter().any(|e| e.mask.is_mute() && e.mask.matches(&nuh));
    matched(&channel.bans) && !matched(&channel.excepts)
}

/// Returns the lowest rank that receives a user's message to a rank (STATUSMSG) or, with `None`, to the
/// channel. In an op-moderated channel (`+U`), messages of users without a rank reach only halfops and
/// higher.
pub fn min_recipient_rank(
    state: &State,
    speaker: UserId,
    channel: ChannelId,
    at_least: Option<Rank>,
) -> Option<Rank> {
    let moderated = state.channels[channel].flags.has('U') && rank_of_user(state, speaker, channel).is_none();
    at_least.max(moderated.then_some(Rank::Halfop))
}

/// Checks whether a user may send another a direct message (477): under `+R` and DEFCON, only users who are
/// logged in or on the recipient's ACCEPT list.
pub fn can_message(state: &State, by: UserId, recipient: UserId) -> Outcome {
    let (speaker, recipient) = (&state.users[by], &state.users[recipient]);
    let is_guest = speaker.account.is_none() && speaker.oper.is_none();
    let restricted =
        recipient.modes.has('R') && speaker.account.is_none() || state.defcon.silences_guests() && is_guest;
    if restricted && !recipient.accepted.contains(&by) && speaker.nick != recipient.nick {
        return Err(Refusal::RegisteredOnlyMessages(recipient.nick.as_str().to_owned()));
    }
    Ok(())
}

/// Checks whether a user may set the topic (442, 482).
pub fn can_set_topic(state: &State, user: UserId, channel: ChannelId) -> Outcome {
    let rank = rank_of_user(state, user, channel);
    let channel = &state.channels[channel];
    let name = || channel.name.as_str().to_owned();
    if !channel.members.contains_key(&user) {
        return Err(Refusal::NotOnChannel(name()));
    }
    if channel.flags.has('t') && rank < Some(Rank::Halfop) && !state.users[user].may("samode") {
        return Err(Refusal::NotChannelOperator(name()));
    }
    Ok(())
}

/// Checks whether a user may invite another (442, 443, 482). In an invite-only channel, only operators may.
pub fn can_invite(state: &State, user: UserId, invitee: UserId, channel: ChannelId) -> Outcome {
    let rank = rank_of_user(state, user, channel);
    let channel = &state.channels[channel];
    let name = || channel.name.as_str().to_owned();
    if !channel.members.contains_key(&user) {
        return Err(Refusal::NotOnChannel(name()));
    }
    if channel.flags.has('i') && rank < Some(Rank::Op) {
        return Err(Refusal::NotChannelOperator(name()));
    }
    // A member hidden by an auditorium is treated like a user outside the channel.
    if channel.members.contains_key(&invitee) && channel.shows(user, invitee) {
        let nick = state.users[invitee].nick.as_str().to_owned();
        return Err(Refusal::UserOnChannel { nick, channel: name() });
    }
    Ok(())
}

/// Checks whether a user may kick another (441, 442, 482).
pub fn can_kick(state: &State, user: UserId, target: UserId, channel: ChannelId) -> Outcome {
    let (own, other) = (rank_of_user(state, user, channel), rank_of_user(state, target, channel));
    let channel = &state.channels[channel];
    let name = || channel.name.as_str().to_owned();
    if !channel.members.contains_key(&user) {
        return Err(Refusal::NotOnChannel(name()));
    }
    // Before any reply about the other user, which an auditorium may hide.
    let Some(own) = own.filter(|&rank| rank >= Rank::Halfop) else {
        return Err(Refusal::NotChannelOperator(name()));
    };
    if !channel.members.contains_key(&target) {
        let nick = state.users[target].nick.as_str().to_owned();
        return Err(Refusal::UserNotInChannel { nick, channel: name() });
    }
    match outranks(own, other) {
        true => Ok(()),
        false => Err(Refusal::NotChannelOperator(name())),
    }
}

/// Returns whether one rank may kick another: founders may kick all members, admins and operators all but
/// founders and admins, halfops only members with voice or without a rank.
fn outranks(own: Rank, other: Option<Rank>) -> bool {
    match own {
        Rank::Founder => true,
        Rank::Admin | Rank::Op => other.is_none_or(|other| other < Rank::Admin),
        Rank::Halfop => other.is_none_or(|other| other < Rank::Halfop),
        Rank::Voice => false,
    }
}

/// Returns whether a user of rank `own` may grant or revoke `rank`, or change other modes (`None`). Users may
/// always revoke their own ranks.
pub fn can_change_mode(own: Option<Rank>, rank: Option<Rank>, on: bool, is_self: bool) -> bool {
    if is_self && !on && rank.is_some() {
        return true;
    }
    match (own, rank) {
        (None | Some(Rank::Voice), _) => false,
        (Some(Rank::Halfop), rank) => rank == Some(Rank::Voice),
        (Some(_), None) => true,
        (Some(Rank::Founder), Some(_)) => true,
        (Some(Rank::Admin), Some(rank)) => rank < Rank::Admin,
        (Some(Rank::Op), Some(rank)) => rank <= Rank::Op,
    }
}

//! Permission to join a channel.

use crate::engine::context::refusal::{Outcome, Refusal};
use crate::state::{Channel, Rank, User};

use super::channel::{folded_sources, is_banned};

/// Checks whether a user may join a channel (471, 475, 473, 474, 477, in this order). An invitation overrides
/// all of them, and so does a rank of halfop or higher that the account has in the channel; voice overrides
/// `+i`. DEFCON treats every channel as `+R`: `barred_guest` says that this applies to the user.
pub fn can_join(
    channel: &Channel,
    user: &User,
    key: Option<&str>,
    invited: bool,
    barred_guest: bool,
) -> Outcome {
    let name = || channel.name.as_str().to_owned();
    let rank = channel.rank_by_account(user);
    if invited || rank >= Some(Rank::Halfop) {
        return Ok(());
    }
    if channel.limit.is_some_and(|limit| channel.members.len() >= limit as usize) {
        return Err(Refusal::ChannelFull(name()));
    }
    if channel.key.as_deref().is_some_and(|required| key != Some(required)) {
        return Err(Refusal::BadChannelKey(name()));
    }
    if channel.flags.has('i') && rank.is_none() && !is_invex(channel, user) {
        return Err(Refusal::InviteOnly(name()));
    }
    if is_banned(channel, user, false) && !is_invex(channel, user) {
        return Err(Refusal::BannedFromChannel(name()));
    }
    let is_barred_guest = barred_guest && !is_invex(channel, user);
    if is_barred_guest || is_closed_to_guests(channel, user) {
        return Err(Refusal::RegisteredOnly(name()));
    }
    Ok(())
}

/// Returns whether `+R` keeps a user without an account out. The channel's invite exceptions (`+I`) override
/// it.
pub fn is_closed_to_guests(channel: &Channel, user: &User) -> bool {
    channel.flags.has('R') && user.account.is_none() && !is_invex(channel, user)
}

/// Returns whether an invite exception (`+I`) of the channel matches the user.
fn is_invex(channel: &Channel, user: &User) -> bool {
    if channel.invexes.is_empty() {
        return false;
    }
    let nuhs = folded_sources(user);
    channel.invexes.iter().any(|entry| nuhs.iter().any(|nuh| entry.mask.matches(nuh)))
}

/// Returns whether `+f` forwards a user who was refused for this reason. Banned users are not forwarded.
pub fn is_forwarded(refusal: &Refusal) -> bool {
    use Refusal::{BadChannelKey, ChannelFull, InviteOnly, RegisteredOnly};
    matches!(refusal, ChannelFull(_) | BadChannelKey(_) | InviteOnly(_) | RegisteredOnly(_))
}

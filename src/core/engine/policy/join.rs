//! Who may join.

use crate::engine::context::refusal::{Outcome, Refusal};
use crate::state::{Channel, Rank, User};

use super::channel::{folded_sources, is_banned};

/// 471, 475, 473, 474, 477, in this order. An invitation overrides them all; so does the rank of halfop or a
/// higher one that comes with the account, while voice opens an invite-only channel. DEFCON treats every
/// channel as `+R`: `barred_guest` says that this concerns the user.
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
    if channel.key.as_deref().is_some_and(|wanted| key != Some(wanted)) {
        return Err(Refusal::BadChannelKey(name()));
    }
    if channel.flags.has('i') && rank.is_none() && !is_welcome(channel, user) {
        return Err(Refusal::InviteOnly(name()));
    }
    if is_banned(channel, user, false) && !is_welcome(channel, user) {
        return Err(Refusal::BannedFromChannel(name()));
    }
    let is_barred_guest = barred_guest && !is_welcome(channel, user);
    if is_barred_guest || is_closed_to_guests(channel, user) {
        return Err(Refusal::RegisteredOnly(name()));
    }
    Ok(())
}

/// Whether `+R` keeps a user out for want of an account. The channel's invitation list (`+I`) overrides it.
pub fn is_closed_to_guests(channel: &Channel, user: &User) -> bool {
    channel.flags.has('R') && user.account.is_none() && !is_welcome(channel, user)
}

/// Whether the channel's invitation list (`+I`) has the user.
fn is_welcome(channel: &Channel, user: &User) -> bool {
    if channel.invexes.is_empty() {
        return false;
    }
    let nuhs = folded_sources(user);
    channel.invexes.iter().any(|entry| nuhs.iter().any(|nuh| entry.mask.matches(nuh)))
}

/// Whether `+f` makes a detour of this refusal. A ban is meant for the person: there is no way around.
pub fn is_forwarded(refusal: &Refusal) -> bool {
    use Refusal::{BadChannelKey, ChannelFull, InviteOnly, RegisteredOnly};
    matches!(refusal, ChannelFull(_) | BadChannelKey(_) | InviteOnly(_) | RegisteredOnly(_))
}

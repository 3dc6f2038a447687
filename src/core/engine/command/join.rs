//! JOIN: enters channels, forming those that are not there yet.

use crate::engine::announce;
use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy;
use crate::engine::service::confirmation_code;
use crate::i18n::Phrase;
use crate::state::{ChannelId, Fact, Rank, Ranks, UserId};
use crate::text::ChannelName;
use crate::wire::numeric::ERR_LINKCHANNEL;
use crate::wire::{Message, Text};

use super::{Command, part};

pub(super) const JOIN: Command = Command::new("JOIN", join).params(1).help(
    "<channel>{,<channel>} [<key>{,<key>}]: joins channels; `JOIN 0` leaves all of them, after \
     confirmation",
);

fn join(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    if m.param(0) == "0" {
        return leave_all(cx, m.param_opt(1));
    }
    let mut keys = m.param(1).split(',');
    for name in m.param(0).split(',').filter(|name| !name.is_empty()) {
        let key = keys.next().filter(|key| !key.is_empty());
        // Each channel is a decision of its own.
        if let Err(refusal) = enter(cx, name, key) {
            refusal.say(cx);
        }
    }
    Ok(())
}

/// `JOIN 0` (RFC 2812 3.2.1). People have been talked into typing it, so it takes a code that the first try
/// shows.
fn leave_all(cx: &mut Cx<'_>, given: Option<&str>) -> Outcome {
    let code = confirmation_code("join 0", cx.served().opened_mono_ms);
    if given == Some(&*code) {
        part::leave_all(cx);
    } else {
        let nick = cx.nick().to_owned();
        cx.reply_command("NOTICE", &[&nick], Text::Said(Phrase::LEAVE_ALL_WARNING, &[&code]));
    }
    Ok(())
}

/// Joins the channels of `channels.auto-join`, where that is allowed.
pub fn automatically(cx: &mut Cx<'_>) {
    for name in &cx.config().channels.auto_join {
        if let Err(refusal) = enter(cx, name, None) {
            let nick = cx.nick().to_owned();
            cx.note(Level::Debug, "channels", format!("{nick} could not auto-join {name}: {refusal:?}"));
        }
    }
}

fn enter(cx: &mut Cx<'_>, name: &str, key: Option<&str>) -> Outcome {
    let user = cx.me();
    match cx.find_any_channel(name) {
        Ok(channel) => {
            if cx.state().channels[channel].members.contains_key(&user) {
                return Ok(());
            }
            match enter_existing(cx, channel, key) {
                Err(refusal) if policy::is_forwarded(&refusal) => forward(cx, channel, refusal)?,
                outcome => outcome?,
            }
        }
        Err(_) => {
            let parsed = new_name(cx, name)?;
            if cx.config().channels.operator_only_creation && !cx.user().may("chanreg") {
                return Err(Refusal::ChannelCreationRestricted(name.to_owned()));
            }
            if is_barred_guest(cx) {
                return Err(Refusal::RegisteredOnly(name.to_owned()));
            }
            check_room(cx, name)?;
            let channel = cx.state().channels.next_id();
            cx.note(Level::Debug, "channels", format!("{} formed {name}", cx.nick()));
            cx.commit(Fact::ChannelCreated { name: parsed, flags: cx.setup.channel_modes });
            cx.commit(Fact::Joined { user, channel, ranks: Ranks::of(Rank::Op) });
        }
    }
    Ok(())
}

/// 403. The name for a channel that is not there; one that is closed is not there for anybody.
fn new_name(cx: &Cx<'_>, name: &str) -> Result<ChannelName, Refusal> {
    let parsed = cx.setup.mapping.channel(name, cx.config().limits.channellen).ok();
    let open = parsed.filter(|parsed| !cx.state().purges.contains_key(parsed.key()));
    open.ok_or_else(|| Refusal::NoSuchChannel(name.to_owned()))
}

/// Makes a user join a channel whatever bars it.
pub fn force(cx: &mut Cx<'_>, user: UserId, name: &str) -> Outcome {
    let (channel, ranks) = match cx.find_any_channel(name) {
        Ok(channel) if cx.state().channels[channel].members.contains_key(&user) => return Ok(()),
        Ok(channel) => {
            let rank = cx.state().channels[channel].rank_by_account(&cx.state().users[user]);
            (channel, rank.map_or(Ranks::NONE, Ranks::of))
        }
        Err(_) => {
            let parsed = new_name(cx, name)?;
            let channel = cx.state().channels.next_id();
            cx.commit(Fact::ChannelCreated { name: parsed, flags: cx.setup.channel_modes });
            (channel, Ranks::of(Rank::Op))
        }
    };
    cx.commit(Fact::Joined { user, channel, ranks });
    if !cx.state().channels[channel].members.contains_key(&cx.me()) {
        announce::show_join(cx, user, channel);
    }
    Ok(())
}

fn enter_existing(cx: &mut Cx<'_>, channel: ChannelId, key: Option<&str>) -> Outcome {
    let there = &cx.state().channels[channel];
    policy::can_join(there, cx.user(), key, is_invited(cx, channel), is_barred_guest(cx))?;
    check_room(cx, there.name.as_str())?;
    let ranks = there.rank_by_account(cx.user()).map_or(Ranks::NONE, Ranks::of);
    cx.commit(Fact::Joined { user: cx.me(), channel, ranks });
    Ok(())
}

/// `+f`: 470, and into the other channel, if it is there and the user is not in it yet. It may refuse,
/// too; then there is no second detour.
fn forward(cx: &mut Cx<'_>, from: ChannelId, refusal: Refusal) -> Outcome {
    let state = cx.state();
    let to = state.channels[from].forward.as_ref().and_then(|name| cx.find_any_channel(name.as_str()).ok());
    let Some(to) = to.filter(|&to| !state.channels[to].members.contains_key(&cx.me())) else {
        return Err(refusal);
    };
    let (from, name) = (state.channels[from].name.clone(), state.channels[to].name.clone());
    let text = Text::Said(Phrase::FORWARDED, &[]);
    cx.reply(ERR_LINKCHANNEL, &[from.as_str(), name.as_str()], text);
    enter_existing(cx, to, None)
}

/// Whether DEFCON makes channels +R for the user being served: it has no account and is no operator.
fn is_barred_guest(cx: &Cx<'_>) -> bool {
    cx.state().defcon.requires_account() && cx.user().account.is_none() && cx.user().oper.is_none()
}

/// 405. Operators have no limit: they go where they are needed.
fn check_room(cx: &Cx<'_>, name: &str) -> Outcome {
    let channels = cx.user().channels.len();
    if cx.user().oper.is_none() && channels >= cx.config().channels.max_channels_per_client {
        return Err(Refusal::TooManyChannels(name.to_owned()));
    }
    Ok(())
}

/// Whether there is an invitation that has not expired.
fn is_invited(cx: &Cx<'_>, channel: ChannelId) -> bool {
    let lifetime_ms = cx.config().channels.invite_expiration.as_millis() as u64;
    let now_ms = cx.now.wall_ms;
    let fresh = |at_ms: u64| lifetime_ms == 0 || now_ms.saturating_sub(at_ms) < lifetime_ms;
    cx.user().invites.iter().any(|invite| invite.channel == channel && fresh(invite.at_ms))
}

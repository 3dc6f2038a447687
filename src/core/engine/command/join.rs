//! JOIN: joins channels, and creates those that do not exist.

use crate::config::LogType;
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
        // Each channel is decided separately.
        if let Err(refusal) = join_one(cx, name, key) {
            refusal.say(cx);
        }
    }
    Ok(())
}

/// Handles `JOIN 0` (RFC 2812 3.2.1). Because users have been tricked into typing it, it requires a code that
/// the first attempt shows.
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
pub fn auto_join(cx: &mut Cx<'_>) {
    for name in &cx.config().channels.auto_join {
        if let Err(refusal) = join_one(cx, name, None) {
            let nick = cx.nick().to_owned();
            cx.note(
                Level::Debug,
                LogType::Channels,
                format!("{nick} could not auto-join {name}: {refusal:?}"),
            );
        }
    }
}

fn join_one(cx: &mut Cx<'_>, name: &str, key: Option<&str>) -> Outcome {
    let user = cx.me();
    match cx.find_any_channel(name) {
        Ok(channel) => {
            if cx.state().channels[channel].members.contains_key(&user) {
                return Ok(());
            }
            match join_existing(cx, channel, key) {
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
            check_channel_limit(cx, name)?;
            let channel = cx.state().channels.next_id();
            cx.note(Level::Debug, LogType::Channels, format!("{} created {name}", cx.nick()));
            cx.commit(Fact::ChannelCreated { name: parsed, flags: cx.setup.channel_modes });
            cx.commit(Fact::Joined { user, channel, ranks: Ranks::of(Rank::Op) });
        }
    }
    Ok(())
}

/// Parses the name of a channel to create: 403 if it is invalid or purged.
fn new_name(cx: &Cx<'_>, name: &str) -> Result<ChannelName, Refusal> {
    let parsed = cx.setup.mapping.channel(name, cx.config().limits.channellen).ok();
    let open = parsed.filter(|parsed| !cx.state().purges.contains_key(parsed.key()));
    open.ok_or_else(|| Refusal::NoSuchChannel(name.to_owned()))
}

/// Makes a user join a channel regardless of its modes.
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

fn join_existing(cx: &mut Cx<'_>, id: ChannelId, key: Option<&str>) -> Outcome {
    let channel = &cx.state().channels[id];
    policy::can_join(channel, cx.user(), key, is_invited(cx, id), is_barred_guest(cx))?;
    check_channel_limit(cx, channel.name.as_str())?;
    let ranks = channel.rank_by_account(cx.user()).map_or(Ranks::NONE, Ranks::of);
    cx.commit(Fact::Joined { user: cx.me(), channel: id, ranks });
    Ok(())
}

/// Forwards the user being served to the channel of `+f` (470), if it exists and the user is not in it. That
/// channel may reject the user, too; it does not forward again.
fn forward(cx: &mut Cx<'_>, from: ChannelId, refusal: Refusal) -> Outcome {
    let state = cx.state();
    let to = state.channels[from].forward.as_ref().and_then(|name| cx.find_any_channel(name.as_str()).ok());
    let Some(to) = to.filter(|&to| !state.channels[to].members.contains_key(&cx.me())) else {
        return Err(refusal);
    };
    let (from, name) = (state.channels[from].name.clone(), state.channels[to].name.clone());
    let text = Text::Said(Phrase::FORWARDED, &[]);
    cx.reply(ERR_LINKCHANNEL, &[from.as_str(), name.as_str()], text);
    join_existing(cx, to, None)
}

/// Whether DEFCON makes channels +R for the user being served, who has no account and is not an operator.
fn is_barred_guest(cx: &Cx<'_>) -> bool {
    cx.state().defcon.requires_account() && cx.user().account.is_none() && cx.user().oper.is_none()
}

/// Checks that the user may join another channel (405). Operators have no limit.
fn check_channel_limit(cx: &Cx<'_>, name: &str) -> Outcome {
    let channels = cx.user().channels.len();
    if cx.user().oper.is_none() && channels >= cx.config().channels.max_channels_per_client {
        return Err(Refusal::TooManyChannels(name.to_owned()));
    }
    Ok(())
}

/// Whether the user has an invitation that has not expired.
fn is_invited(cx: &Cx<'_>, channel: ChannelId) -> bool {
    let lifetime_ms = cx.config().channels.invite_expiration.as_millis() as u64;
    let now_ms = cx.now.wall_ms;
    let is_valid = |at_ms: u64| lifetime_ms == 0 || now_ms.saturating_sub(at_ms) < lifetime_ms;
    cx.user().invites.iter().any(|invite| invite.channel == channel && is_valid(invite.at_ms))
}

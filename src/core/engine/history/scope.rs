//! Decides which history the user being served may read.

use serde::{Deserialize, Serialize};

use crate::config::HistoryCutoff;
use crate::engine::context::cx::Cx;
use crate::engine::context::recorder::correspondent;
use crate::engine::setup::settings;
use crate::history::HistoryKey;
use crate::state::account::HistoryChoice;
use crate::state::fact::HistoryPlace;
use crate::state::registry::QueryCutoff;
use crate::state::{Channel, ChannelId};
use crate::wire::MsgId;

/// A history that the user being served may read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HistoryScope {
    /// Where it is in memory.
    pub place: HistoryPlace,
    /// Where it is in the archive, if it is stored there.
    pub stored: Option<HistoryKey>,
    /// The displayed name of the channel or the correspondent.
    pub shown: String,
    /// Only lines after this one may be read.
    pub floor: Option<MsgId>,
}

/// Returns the scope of a channel that the user is in, or of a conversation, by name.
pub fn scope(cx: &Cx<'_>, name: &str) -> Option<HistoryScope> {
    if name.starts_with('#') {
        return channel(cx, cx.find_channel(name).ok()?);
    }
    conversation(cx, &correspondent_named(cx, name)?, name.to_owned())
}

/// Returns the scope of a conversation. `with` is the correspondent's key (see [`correspondent_named`]).
/// `None` if the user's direct messages are not recorded.
pub fn conversation(cx: &Cx<'_>, with: &str, shown: String) -> Option<HistoryScope> {
    let stored = match own_choice(cx) {
        HistoryChoice::Off => return None,
        HistoryChoice::Ephemeral => None,
        HistoryChoice::On => {
            let account = cx.account().map(|account| account.name.key().into());
            account.map(|owner| HistoryKey::Conversation { owner, with: with.into() })
        }
    };
    let place = HistoryPlace::Conversation { user: cx.me(), with: with.into() };
    Some(HistoryScope { place, stored, shown, floor: floor(cx, None) })
}

/// Returns the scope of a channel. `None` if the user is not in it or it is not recorded.
pub fn channel(cx: &Cx<'_>, id: ChannelId) -> Option<HistoryScope> {
    let channel = cx.state().channels.get(id)?;
    channel.members.get(&cx.me())?;
    let stored = match settings::channel_history(cx.config(), channel) {
        HistoryChoice::Off => return None,
        HistoryChoice::Ephemeral => None,
        HistoryChoice::On => Some(HistoryKey::Channel(channel.name.key().into())),
    };
    let shown = channel.name.as_str().to_owned();
    Some(HistoryScope { place: HistoryPlace::Channel(id), stored, shown, floor: floor(cx, Some(channel)) })
}

/// Whether the session being served may still read what it requested: while it waited, its user may have
/// left the channel or logged out.
pub fn can_still_read(cx: &Cx<'_>, scope: &HistoryScope) -> bool {
    match (&scope.place, &scope.stored) {
        (HistoryPlace::Channel(channel), _) => cx.user().channels.contains(channel),
        (HistoryPlace::Conversation { .. }, Some(HistoryKey::Conversation { owner, .. })) => {
            cx.account().is_some_and(|account| account.name.key() == &**owner)
        }
        (HistoryPlace::Conversation { .. }, _) => true,
    }
}

/// Returns how the conversations of the user being served are recorded.
pub fn own_choice(cx: &Cx<'_>) -> HistoryChoice {
    match cx.account() {
        Some(account) => settings::dm_history(cx.config(), &account.settings),
        None => settings::guest_history(cx.config()),
    }
}

/// Returns the key of the conversation with a nick: that of the user who has the nick now, or else the
/// account that owns it, or else the nick.
pub fn correspondent_named(cx: &Cx<'_>, nick: &str) -> Option<String> {
    let key = cx.setup.mapping.nick_key(nick).ok()?;
    let state = cx.state();
    let found = match state.user_by_key(&key) {
        Some(user) => correspondent(state, user),
        None => state.reserved_for(&key).unwrap_or(&key),
    };
    Some(found.to_owned())
}

/// Returns the displayed name of the correspondent with this key.
pub fn shown_correspondent(cx: &Cx<'_>, key: &str) -> String {
    let state = cx.state();
    if let Some(&user) = state.users_of(key).first() {
        return state.users[user].nick.as_str().to_owned();
    }
    if let Some(account) = state.accounts.get(key) {
        return account.name.as_str().to_owned();
    }
    state.user_by_key(key).map_or_else(|| key.to_owned(), |user| state.users[user].nick.as_str().to_owned())
}

/// Returns the bound after which the user may read, in a channel or in conversations: that of
/// `history.restrictions`, and for conversations the time at which the account or the nick became theirs.
pub fn floor(cx: &Cx<'_>, channel: Option<&Channel>) -> Option<MsgId> {
    let user = cx.user();
    if user.may("history") {
        return None;
    }
    let rules = &cx.config().history.restrictions;
    let ms = |duration: std::time::Duration| duration.as_millis() as u64;
    let expired_ms =
        (!rules.expire_time.is_zero()).then(|| cx.now.wall_ms.saturating_sub(ms(rules.expire_time)));
    let registered_ms = cx.account().map_or(user.signed_on_s * 1000, |account| account.registered_ms);
    let cutoff_ms = match channel {
        None => Some(registered_ms),
        Some(channel) => match cutoff_of(channel, rules.query_cutoff) {
            QueryCutoff::None => None,
            QueryCutoff::RegistrationTime => Some(registered_ms.saturating_sub(ms(rules.grace_period))),
            QueryCutoff::JoinTime => channel.members.get(&cx.me()).map(|member| member.joined_s * 1000),
        },
    };
    let created_ms = channel.and_then(|channel| created_ms(cx, channel));
    expired_ms.max(cutoff_ms).max(created_ms).map(MsgId::first_of)
}

/// Returns when a registered channel was created. Stored lines from before belong to an earlier channel of
/// that name, which this channel's members could not necessarily join. If unregistered channels are stored,
/// too, it counts as the same channel.
fn created_ms(cx: &Cx<'_>, channel: &Channel) -> Option<u64> {
    let is_another = channel.registration.is_some() && !cx.config().history.persistent.unregistered_channels;
    is_another.then_some(channel.created_s * 1000)
}

fn cutoff_of(channel: &Channel, default: HistoryCutoff) -> QueryCutoff {
    let chosen = channel.registration.as_ref().and_then(|registration| registration.settings.query_cutoff);
    chosen.unwrap_or(match default {
        HistoryCutoff::None => QueryCutoff::None,
        HistoryCutoff::RegistrationTime => QueryCutoff::RegistrationTime,
        HistoryCutoff::JoinTime => QueryCutoff::JoinTime,
    })
}

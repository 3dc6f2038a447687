//! Playback without a request: the latest lines after a JOIN, and those that a device missed.

use crate::engine::context::cx::Cx;
use crate::history::{End, Range};
use crate::state::session::Playback;
use crate::state::{ChannelId, UserId};
use crate::wire::{Cap, MsgId};

use super::page::Style;
use super::reading::{HistoryReading, ReadingStep, read};
use super::scope;

/// Maximum number of conversations that one playback includes.
const CONVERSATIONS_MAX: usize = 128;

/// How long a request to `*playback` also applies to channels that the client joins later.
const PLAYBACK_LIFETIME_MS: u64 = 30_000;

/// The style of history that the client did not request.
const AUTOMATIC: Style = Style::Lines { asked: false };

/// A period of time, in milliseconds since 1970; `None` means no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Excludes lines from this time or earlier.
    pub after_ms: Option<u64>,
    /// Excludes lines from this time or later.
    pub before_ms: Option<u64>,
}

impl Period {
    /// Returns the range of its latest lines.
    pub fn latest(self, limit: usize, events: bool) -> Range {
        Range {
            after: self.after_ms.map(MsgId::last_of),
            before: self.before_ms.map(MsgId::first_of),
            from: End::Newest,
            limit,
            events,
        }
    }
}

/// Plays a channel to the session being served, which has just joined it or been attached to a member: the
/// lines that it requested from `*playback`, or else the latest ones before `before`. Clients that request
/// history themselves get none.
pub fn on_join(cx: &mut Cx<'_>, channel: ChannelId, before: MsgId) {
    let Some(scope) = scope::channel(cx, channel) else { return };
    let history = &cx.config().history;
    let requested = cx.served().playback.as_ref().filter(|playback| covers(cx, playback, channel));
    let range = match requested {
        Some(playback) => {
            let period = Period { after_ms: playback.after_ms, before_ms: playback.before_ms };
            period.latest(znc_limit(cx), shows_events(cx))
        }
        None if requests_history(cx) => return,
        None => {
            let chosen = cx.account().and_then(|account| account.settings.autoreplay_lines);
            let lines = chosen.map_or(history.autoreplay_on_join, |lines| lines as usize);
            let lines = lines.min(history.chathistory_maxmessages);
            // `before` excludes the client's own JOIN, which it has just seen.
            Range { before: Some(before), ..Period::default().latest(lines, shows_events(cx)) }
        }
    };
    if !range.is_empty() {
        read(cx, [ReadingStep::Page(HistoryReading::new(scope, vec![range], AUTOMATIC))]);
    }
}

/// Whether a request for playback includes this channel and is recent enough not to surprise the user.
fn covers(cx: &Cx<'_>, playback: &Playback, channel: ChannelId) -> bool {
    let key = cx.state().channels[channel].name.key();
    cx.now.mono_ms < playback.asked_mono_ms + PLAYBACK_LIFETIME_MS
        && playback.channels.as_ref().is_none_or(|names| names.iter().any(|name| **name == *key))
}

/// Plays the lines that a device missed to the session being served, which has just been attached to an
/// existing user. `since_ms` is when the device was last seen.
pub fn catch_up(cx: &mut Cx<'_>, user: UserId, since_ms: Option<u64>) {
    let channels = cx.state().users[user].channels.clone();
    let is_enabled = cx.account().is_none_or(|account| account.settings.autoreplay_missed.unwrap_or(true));
    let Some(since_ms) = since_ms.filter(|_| is_enabled && !requests_history(cx)) else {
        let now = now(cx);
        return channels.into_iter().for_each(|channel| on_join(cx, channel, now));
    };
    // Within its last millisecond, lines that it saw cannot be distinguished from those it missed. Sending a
    // line twice is better than never.
    let period = Period { after_ms: Some(since_ms.saturating_sub(1)), before_ms: None };
    play(cx, &channels, true, period, AUTOMATIC);
}

/// Plays a period of some channels and, with `conversations`, of all conversations.
pub fn play(cx: &mut Cx<'_>, channels: &[ChannelId], conversations: bool, period: Period, style: Style) {
    let mut range = period.latest(znc_limit(cx), shows_events(cx));
    let now = now(cx);
    range.before = Some(range.before.map_or(now, |before| before.min(now)));
    if range.is_empty() {
        return;
    }
    let mut steps = Vec::new();
    if conversations {
        steps.push(ReadingStep::Conversations { range, limit: CONVERSATIONS_MAX, style });
    }
    let scopes = channels.iter().filter_map(|&channel| scope::channel(cx, channel));
    steps.extend(scopes.map(|scope| ReadingStep::Page(HistoryReading::new(scope, vec![range], style))));
    read(cx, steps);
}

/// Returns a bound after every existing line. A session that waits for its first pages receives new lines
/// live, so later pages must not repeat them.
fn now(cx: &mut Cx<'_>) -> MsgId {
    cx.msgid()
}

/// Returns the maximum number of messages that a playback sends per target.
pub fn znc_limit(cx: &Cx<'_>) -> usize {
    let history = &cx.config().history;
    match history.znc_maxmessages {
        0 => history.chathistory_maxmessages,
        limit => limit,
    }
}

/// Whether a playback includes events such as JOIN.
fn shows_events(cx: &Cx<'_>) -> bool {
    let always = cx.account().and_then(|account| account.settings.replay_joins) == Some(true);
    always || cx.served().caps.has(Cap::EventPlayback)
}

/// Whether the client requests history itself, and so gets no automatic playback (chathistory).
fn requests_history(cx: &Cx<'_>) -> bool {
    let caps = cx.served().caps;
    caps.has(Cap::Chathistory) || caps.has(Cap::ZncPlayback)
}

//! What is told without having been asked for: on joining, and what a device missed.

use crate::engine::context::cx::Cx;
use crate::history::{End, Range};
use crate::state::session::Playback;
use crate::state::{ChannelId, UserId};
use crate::wire::{Cap, MsgId};

use super::reading::{HistoryReading, ReadingStep, read};
use super::scope;
use super::tell::Style;

/// Conversations that are caught up with.
const CONVERSATIONS_MAX: usize = 128;

/// How long a playback holds for channels that are joined later.
const PLAYBACK_HOLDS_MS: u64 = 30_000;

/// The style of what was not asked for.
const UNASKED: Style = Style::Lines { asked: false };

/// A stretch of time, milliseconds since 1970; `None` is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Only what was said after this.
    pub after_ms: Option<u64>,
    /// Only what was said before this.
    pub before_ms: Option<u64>,
}

impl Stretch {
    /// The latest of it.
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

/// The session being served has just come into a channel: if it did not say that it will ask, it sees the last
/// lines before its JOIN, or before it was attached (`came`), or what it wanted played.
pub fn on_join(cx: &mut Cx<'_>, channel: ChannelId, came: MsgId) {
    let Some(scope) = scope::channel(cx, channel) else { return };
    let history = &cx.config().history;
    let wanted = cx.served().playback.as_ref().filter(|playback| covers(cx, playback, channel));
    let range = match wanted {
        Some(playback) => {
            let stretch = Stretch { after_ms: playback.after_ms, before_ms: playback.before_ms };
            stretch.latest(znc_limit(cx), shows_events(cx))
        }
        None if requests_history(cx) => return,
        None => {
            let chosen = cx.account().and_then(|account| account.settings.autoreplay_lines);
            let lines = chosen.map_or(history.autoreplay_on_join, |lines| lines as usize);
            let lines = lines.min(history.chathistory_maxmessages);
            // Not its own JOIN, which it has just seen.
            Range { before: Some(came), ..Stretch::default().latest(lines, shows_events(cx)) }
        }
    };
    if !range.is_empty() {
        read(cx, [ReadingStep::Page(HistoryReading::new(scope, vec![range], UNASKED))]);
    }
}

/// Whether a playback was asked for with this channel, and not so long ago that it would be a surprise.
fn covers(cx: &Cx<'_>, playback: &Playback, channel: ChannelId) -> bool {
    let key = cx.state().channels[channel].name.key();
    cx.now.mono_ms < playback.asked_mono_ms + PLAYBACK_HOLDS_MS
        && playback.channels.as_ref().is_none_or(|names| names.iter().any(|name| **name == *key))
}

/// The session being served has just been attached to a user who was there: it sees what its device missed.
pub fn catch_up(cx: &mut Cx<'_>, user: UserId, since_ms: Option<u64>) {
    let channels = cx.state().users[user].channels.clone();
    let wanted = cx.account().is_none_or(|account| account.settings.autoreplay_missed.unwrap_or(true));
    let Some(since_ms) = since_ms.filter(|_| wanted && !requests_history(cx)) else {
        let now = now(cx);
        return channels.into_iter().for_each(|channel| on_join(cx, channel, now));
    };
    // Of its last millisecond, what was said after it left cannot be told from what it saw: twice is better than never.
    let stretch = Stretch { after_ms: Some(since_ms.saturating_sub(1)), before_ms: None };
    play(cx, &channels, true, stretch, UNASKED);
}

/// Plays some channels, and all conversations.
pub fn play(cx: &mut Cx<'_>, channels: &[ChannelId], conversations: bool, stretch: Stretch, style: Style) {
    let mut range = stretch.latest(znc_limit(cx), shows_events(cx));
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

/// A bound behind all that was said: what is said while the session waits for the first pages it hears at once,
/// and is not to be told again in a later one.
fn now(cx: &mut Cx<'_>) -> MsgId {
    cx.msgid()
}

/// Messages of one playback.
pub fn znc_limit(cx: &Cx<'_>) -> usize {
    let history = &cx.config().history;
    match history.znc_maxmessages {
        0 => history.chathistory_maxmessages,
        limit => limit,
    }
}

/// Whether events are told where history was not asked for.
fn shows_events(cx: &Cx<'_>) -> bool {
    let always = cx.account().and_then(|account| account.settings.replay_joins) == Some(true);
    always || cx.served().caps.has(Cap::EventPlayback)
}

/// Whether the client asks for what it wants to see (chathistory: nothing is played back to it otherwise).
fn requests_history(cx: &Cx<'_>) -> bool {
    let caps = cx.served().caps;
    caps.has(Cap::Chathistory) || caps.has(Cap::ZncPlayback)
}

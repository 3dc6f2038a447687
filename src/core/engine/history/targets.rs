//! Lists of channels and conversations with recent lines: CHATHISTORY TARGETS, and LIST of `*playback`.

use serde::{Deserialize, Serialize};

use crate::engine::border::JobAnswer;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::waiting::Resume;
use crate::history::{End, Found, HistoryKey, Listing, Query, Range};
use crate::i18n::Phrase;
use crate::state::account::HistoryChoice;
use crate::wire::{MsgId, Stamp, Text};

use super::scope::{self, floor, own_choice, shown_correspondent};
use super::znc_playback;

/// How a list of targets is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Listed {
    /// As the answer to CHATHISTORY TARGETS.
    Page,
    /// As the answer of `*playback` to LIST.
    Playback,
}

/// A list of targets that waits for the archive.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct Wanted {
    range: Range,
    listed: Listed,
    /// The targets found in memory.
    found: Vec<(HistoryKey, MsgId)>,
}

/// Lists the channels and conversations whose latest line is within a range, with its time.
pub fn list_targets(cx: &mut Cx<'_>, range: Range, listed: Listed) {
    let (found, stored) = known_targets(cx, range);
    let targets = Wanted { range, listed, found };
    if stored.owner.is_none() && stored.channels.is_empty() {
        show_targets(cx, targets);
    } else {
        cx.ask(Query::Targets(stored), targets);
    }
}

/// Returns the targets in memory, and the request for those that only the archive knows.
fn known_targets(cx: &Cx<'_>, range: Range) -> (Vec<(HistoryKey, MsgId)>, Listing) {
    let floor = floor(cx, None);
    let mut found = Vec::new();
    let mut stored = Listing {
        owner: None,
        channels: Vec::new(),
        after: range.after,
        before: range.before,
        from: range.from,
        limit: range.limit,
    };
    if own_choice(cx) == HistoryChoice::On {
        stored.owner = cx.account().map(|account| account.name.key().into());
    } else {
        let known = cx.user().history.correspondents().into_iter();
        let within = known.filter(|&(_, latest)| range.contains(latest) && Some(latest) > floor);
        let target = |with: &str| HistoryKey::Conversation { owner: "".into(), with: with.into() };
        found.extend(within.map(|(with, latest)| (target(with), latest)));
    }
    for &id in &cx.user().channels {
        let Some(scope) = scope::channel(cx, id) else { continue };
        let channel = &cx.state().channels[id];
        let key: Box<str> = channel.name.key().into();
        let last = Range { after: scope.floor, before: None, from: End::Newest, limit: 1, events: false };
        match channel.history.page(None, &last).pop() {
            Some(item) if range.contains(item.id()) => {
                found.push((HistoryKey::Channel(key.into()), item.id()))
            }
            Some(_) => {}
            None if scope.stored.is_some() => stored.channels.push(key),
            None => {}
        }
    }
    (found, stored)
}

/// Continues with the answer of the archive.
impl Resume for Wanted {
    fn resume(mut self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let JobAnswer::HistoryFound(Found::Targets(stored)) = answer else {
            if self.listed == Listed::Playback {
                // This client may not understand FAIL; an incomplete list is better than none.
                show_targets(cx, *self);
                return Ok(());
            }
            return Err(Refusal::Fail {
                command: "CHATHISTORY",
                code: "MESSAGE_ERROR",
                context: vec!["TARGETS".to_owned()],
                text: Phrase::HISTORY_UNAVAILABLE,
            });
        };
        let may_read = |(target, latest): &&(HistoryKey, MsgId)| {
            let floor = match target {
                HistoryKey::Conversation { .. } => floor(cx, None),
                HistoryKey::Channel(key) => {
                    let scope = cx.state().channel_by_key(key).and_then(|id| scope::channel(cx, id));
                    let Some(scope) = scope else { return false };
                    scope.floor
                }
            };
            floor.is_none_or(|floor| *latest > floor)
        };
        // Those in memory were found before the wait, during which the user may have left a channel.
        let is_readable = |(target, _): &(HistoryKey, MsgId)| match target {
            HistoryKey::Conversation { .. } => true,
            HistoryKey::Channel(key) => {
                let id = cx.state().channel_by_key(key);
                id.is_some_and(|id| cx.user().channels.contains(&id))
            }
        };
        self.found.retain(is_readable);
        self.found.extend(stored.iter().filter(may_read).cloned());
        show_targets(cx, *self);
        Ok(())
    }
}

fn show_targets(cx: &mut Cx<'_>, targets: Wanted) {
    let Wanted { range, listed, mut found } = targets;
    found.sort_by_key(|(_, latest)| *latest);
    match range.from {
        End::Oldest => found.truncate(range.limit),
        End::Newest => drop(found.drain(..found.len().saturating_sub(range.limit))),
    }
    let found: Vec<(String, MsgId)> =
        found.into_iter().map(|(target, latest)| (shown_target(cx, &target), latest)).collect();
    if listed == Listed::Playback {
        return znc_playback::show_list(cx, &found);
    }
    let tags = if found.len() < range.limit { "draft/chathistory-end" } else { "" };
    cx.open_batch_tagged(tags, "draft/chathistory-targets", &[]);
    for (name, latest) in found {
        let stamp = Stamp::new(latest.wall_ms()).to_string();
        cx.reply_command("CHATHISTORY", &["TARGETS", &name, &stamp], Text::None);
    }
    cx.close_batch();
}

fn shown_target(cx: &Cx<'_>, target: &HistoryKey) -> String {
    match target {
        HistoryKey::Channel(key) => {
            let channel = cx.state().channel_by_key(key).map(|id| &cx.state().channels[id]);
            channel.map_or_else(|| key.to_string(), |channel| channel.name.as_str().to_owned())
        }
        HistoryKey::Conversation { with, .. } => shown_correspondent(cx, with),
    }
}

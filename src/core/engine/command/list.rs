//! LIST: lists channels.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::waiting::LongAnswer;
use crate::engine::policy;
use crate::i18n::Phrase;
use crate::state::{Channel, ChannelId, State};
use crate::text::{CaseMapping, glob};
use crate::wire::numeric::{RPL_LIST, RPL_LISTEND};
use crate::wire::{Message, Text};

use super::Command;

pub(super) const LIST: Command = Command::new("LIST", list).help(
    "[<channel>|<mask>|!<mask>] [><users>] [<<users>]: lists channels, filtered by name or number \
     of users",
);

fn list(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    if is_too_early(cx) {
        let (nick, delay) = (cx.nick().to_owned(), cx.config().channels.list_delay);
        let text = Text::Said(Phrase::LIST_TOO_EARLY, &[&delay.as_secs().to_string()]);
        cx.reply_command("NOTICE", &[&nick], text);
        end(cx);
        return Ok(());
    }
    let mut query = ListQuery::parse(cx.setup.mapping, m.params());
    if !cx.user().may("sajoin") {
        // TARGMAX says LIST:1.
        query.targets.truncate(1);
    }
    let at = match query.names() {
        Some(names) => At::Named(names.iter().rev().filter_map(|name| cx.find_channel(name).ok()).collect()),
        None => At::Slot(0),
    };
    cx.answer_long(ListCursor { query, at });
    Ok(())
}

/// Whether the session is too new for LIST. Recent connections may only be collecting names, unless they are
/// logged in.
fn is_too_early(cx: &Cx<'_>) -> bool {
    let is_trusted = cx.user().account.is_some() || cx.user().oper.is_some();
    let connected_ms = cx.now.mono_ms.saturating_sub(cx.served().opened_mono_ms);
    !is_trusted && u128::from(connected_ms) < cx.config().channels.list_delay.as_millis()
}

fn end(cx: &mut Cx<'_>) {
    cx.reply(RPL_LISTEND, &[], Text::Said(Phrase::END_OF_LIST, &[]));
}

/// The position in a long LIST.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct ListCursor {
    query: ListQuery,
    at: At,
}

/// The channels still to be examined.
#[derive(Debug, Serialize, Deserialize)]
enum At {
    /// These channels; the last one is next.
    Named(Vec<ChannelId>),
    /// All channels from this slot on.
    Slot(u32),
}

impl LongAnswer for ListCursor {
    /// Examines the next channel; ends after the last.
    fn step(&mut self, cx: &mut Cx<'_>) -> ControlFlow<(), usize> {
        let state = cx.state();
        let Some(next) = self.next(state) else {
            end(cx);
            return ControlFlow::Break(());
        };
        let seen = next.filter(|&(id, _)| policy::sees_channel(state, cx.me(), id));
        let shown = seen.filter(|(_, channel)| self.query.matches(channel.name.key(), channel.members.len()));
        if let Some((_, channel)) = shown {
            let (name, users) = (channel.name.as_str().to_owned(), channel.members.len().to_string());
            let topic = channel.topic.clone();
            let topic = topic.as_ref().map_or("", |topic| &topic.text);
            cx.reply(RPL_LIST, &[&name, &users], Text::Plain(topic));
        }
        ControlFlow::Continue(1)
    }
}

impl ListCursor {
    /// Returns the next channel, `Some(None)` if it no longer exists, or `None` after the last.
    fn next<'s>(&mut self, state: &'s State) -> Option<Option<(ChannelId, &'s Channel)>> {
        match &mut self.at {
            // A named channel may have been removed since the list began.
            At::Named(left) => left.pop().map(|id| Some((id, state.channels.get(id)?))),
            At::Slot(slot) if *slot < state.channels.slots() => {
                *slot += 1;
                Some(state.channels.in_slot(*slot - 1))
            }
            At::Slot(_) => None,
        }
    }
}

/// The conditions of a LIST (ELIST=MNU).
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct ListQuery {
    targets: Vec<ListTarget>,
    more_than: Option<usize>,
    fewer_than: Option<usize>,
}

/// A name or a mask.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ListTarget {
    pattern: String,
    negated: bool,
}

impl ListQuery {
    /// Parses the parameters, ignoring those that are neither a condition nor a channel, such as a server.
    fn parse(mapping: CaseMapping, params: &[&str]) -> ListQuery {
        let mut query = ListQuery::default();
        for word in params.iter().flat_map(|param| param.split(',')) {
            let (pattern, negated) = word.strip_prefix('!').map_or((word, false), |mask| (mask, true));
            if let Some(users) = word.strip_prefix('>') {
                query.more_than = users.parse().ok();
            } else if let Some(users) = word.strip_prefix('<') {
                query.fewer_than = users.parse().ok();
            } else if pattern.starts_with('#') || is_mask(pattern) {
                // Folding excludes the channel type, as in the keys of channels.
                let title = pattern.trim_start_matches('#');
                let kind = &pattern[..pattern.len() - title.len()];
                let pattern = format!("{kind}{}", mapping.fold_lossy(title));
                query.targets.push(ListTarget { pattern, negated });
            }
        }
        query
    }

    /// Returns the names if all targets are plain names.
    fn names(&self) -> Option<Vec<&str>> {
        let names: Option<Vec<&str>> = self.targets.iter().map(ListTarget::name).collect();
        names.filter(|names| !names.is_empty())
    }

    fn matches(&self, key: &str, users: usize) -> bool {
        self.more_than.is_none_or(|limit| users > limit)
            && self.fewer_than.is_none_or(|limit| users < limit)
            && (self.targets.is_empty() || self.targets.iter().any(|target| target.matches(key)))
    }
}

impl ListTarget {
    fn name(&self) -> Option<&str> {
        (!self.negated && !is_mask(&self.pattern)).then_some(&*self.pattern)
    }

    fn matches(&self, key: &str) -> bool {
        glob::matches(&self.pattern, key) != self.negated
    }
}

fn is_mask(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(params: &[&str]) -> ListQuery {
        ListQuery::parse(CaseMapping::Ascii, params)
    }

    #[test]
    fn conditions_on_users() {
        let query = query(&[">1,<4", "irc.example.org"]);
        let matching: Vec<usize> = (0..6).filter(|&users| query.matches("#a", users)).collect();
        assert_eq!(matching, [2, 3]);
        assert_eq!(query.names(), None);
    }

    #[test]
    fn names_and_masks() {
        assert_eq!(query(&["#A,#b"]).names(), Some(vec!["#a", "#b"]));
        assert_eq!(query(&["#a*"]).names(), None);
        assert!(query(&["*AN1"]).matches("#chan1", 1));
        assert!(!query(&["!*an1"]).matches("#chan1", 1));
        assert!(query(&["!*an1"]).matches("#chan2", 1));
        assert_eq!(query(&["word", ">x"]), ListQuery::default());
    }
}

//! LIST: which channels there are.

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
    if comes_too_early(cx) {
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

/// Those who just came may be there only to collect names; users with an account are not.
fn comes_too_early(cx: &Cx<'_>) -> bool {
    let known = cx.user().account.is_some() || cx.user().oper.is_some();
    let connected_ms = cx.now.mono_ms.saturating_sub(cx.served().opened_mono_ms);
    !known && u128::from(connected_ms) < cx.config().channels.list_delay.as_millis()
}

fn end(cx: &mut Cx<'_>) {
    cx.reply(RPL_LISTEND, &[], Text::Said(Phrase::END_OF_LIST, &[]));
}

/// Where a long LIST stands.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct ListCursor {
    query: ListQuery,
    at: At,
}

/// What is still to be looked at.
#[derive(Debug, Serialize, Deserialize)]
enum At {
    /// These channels, the next one last.
    Named(Vec<ChannelId>),
    /// All channels from this slot on.
    Slot(u32),
}

impl LongAnswer for ListCursor {
    /// Looks at the next channel; goes on with how many that were, until it was the last.
    fn step(&mut self, cx: &mut Cx<'_>) -> ControlFlow<(), usize> {
        let state = cx.state();
        let Some(looked_at) = self.next(state) else {
            end(cx);
            return ControlFlow::Break(());
        };
        let seen = looked_at.filter(|&(id, _)| policy::sees_channel(state, cx.me(), id));
        let shown = seen.filter(|(_, channel)| self.query.admits(channel.name.key(), channel.members.len()));
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
    /// The next channel, `Some(None)` if it is gone, or `None` when there is no more.
    fn next<'s>(&mut self, state: &'s State) -> Option<Option<(ChannelId, &'s Channel)>> {
        match &mut self.at {
            // What was asked for by name may have gone while the client was reading.
            At::Named(left) => left.pop().map(|id| Some((id, state.channels.get(id)?))),
            At::Slot(slot) if *slot < state.channels.slots() => {
                *slot += 1;
                Some(state.channels.in_slot(*slot - 1))
            }
            At::Slot(_) => None,
        }
    }
}

/// What LIST is asked for: ELIST=MNU.
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
    /// Reads the parameters; what is no condition and no channel (a server, a word) does not count.
    fn parse(mapping: CaseMapping, params: &[&str]) -> ListQuery {
        let mut query = ListQuery::default();
        for word in params.iter().flat_map(|param| param.split(',')) {
            let (pattern, negated) = word.strip_prefix('!').map_or((word, false), |mask| (mask, true));
            if let Some(users) = word.strip_prefix('>') {
                query.more_than = users.parse().ok();
            } else if let Some(users) = word.strip_prefix('<') {
                query.fewer_than = users.parse().ok();
            } else if pattern.starts_with('#') || is_mask(pattern) {
                // The type stays out of folding, as in the keys of channels.
                let title = pattern.trim_start_matches('#');
                let kind = &pattern[..pattern.len() - title.len()];
                let pattern = format!("{kind}{}", mapping.fold_lossy(title));
                query.targets.push(ListTarget { pattern, negated });
            }
        }
        query
    }

    /// The names, if nothing but names is asked for.
    fn names(&self) -> Option<Vec<&str>> {
        let names: Option<Vec<&str>> = self.targets.iter().map(ListTarget::name).collect();
        names.filter(|names| !names.is_empty())
    }

    fn admits(&self, key: &str, users: usize) -> bool {
        self.more_than.is_none_or(|limit| users > limit)
            && self.fewer_than.is_none_or(|limit| users < limit)
            && (self.targets.is_empty() || self.targets.iter().any(|target| target.admits(key)))
    }
}

impl ListTarget {
    fn name(&self) -> Option<&str> {
        (!self.negated && !is_mask(&self.pattern)).then_some(&*self.pattern)
    }

    fn admits(&self, key: &str) -> bool {
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
        let admitted: Vec<usize> = (0..6).filter(|&users| query.admits("#a", users)).collect();
        assert_eq!(admitted, [2, 3]);
        assert_eq!(query.names(), None);
    }

    #[test]
    fn names_and_masks() {
        assert_eq!(query(&["#A,#b"]).names(), Some(vec!["#a", "#b"]));
        assert_eq!(query(&["#a*"]).names(), None);
        assert!(query(&["*AN1"]).admits("#chan1", 1));
        assert!(!query(&["!*an1"]).admits("#chan1", 1));
        assert!(query(&["!*an1"]).admits("#chan2", 1));
        assert_eq!(query(&["word", ">x"]), ListQuery::default());
    }
}

//! LIST and PURGE LIST: registered channels and purged names.

use std::ops::{Bound, ControlFlow};

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::waiting::LongAnswer;
use crate::engine::service::{ServiceCommand, pattern};
use crate::i18n::Phrase;
use crate::state::registry::Purge;
use crate::wire::Text;

use super::{CHANREG, CS};

/// Number of channels examined in one step of a long list.
const STEP_CHANNELS: usize = 64;

pub(super) const LIST: ServiceCommand = ServiceCommand::new("LIST", list)
    .params(0, 1)
    .right(CHANREG)
    .help("[<regular expression>]: lists registered channels");

/// The position in a long list.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) enum ChannelsCursor {
    /// Lists registered channels.
    Registered {
        /// Restricts the list to names that match.
        #[serde(with = "crate::engine::service::pattern::as_text")]
        pattern: Option<Regex>,
        /// The next slot.
        slot: u32,
    },
    /// Lists purged names.
    Purged {
        /// The last listed name, folded.
        after: Option<Box<str>>,
    },
}

fn list(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let pattern = params.first().map(|raw| pattern(CS, raw)).transpose()?;
    cx.answer_long(ChannelsCursor::Registered { pattern, slot: 0 });
    Ok(())
}

/// Handles PURGE LIST.
pub(super) fn purged(cx: &mut Cx<'_>) {
    cx.answer_long(ChannelsCursor::Purged { after: None });
}

impl LongAnswer for ChannelsCursor {
    /// Lists the matches among the next `STEP_CHANNELS` channels; ends after the last.
    fn step(&mut self, cx: &mut Cx<'_>) -> ControlFlow<(), usize> {
        let (lines, more) = match self {
            ChannelsCursor::Registered { pattern, slot } => registered(cx, pattern.as_ref(), slot),
            ChannelsCursor::Purged { after } => purges(cx, after),
        };
        lines.iter().for_each(|line| cx.notice(CS, Text::Plain(line)));
        if !more {
            cx.tell(CS, Phrase::SERVICE_LIST_END, &[]);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(STEP_CHANNELS)
    }
}

fn registered(cx: &Cx<'_>, pattern: Option<&Regex>, slot: &mut u32) -> (Vec<String>, bool) {
    let channels = &cx.state().channels;
    let end = channels.slots().min(*slot + STEP_CHANNELS as u32);
    let mut lines = Vec::new();
    for (_, channel) in (*slot..end).filter_map(|slot| channels.in_slot(slot)) {
        let name = channel.name.as_str();
        if channel.registration.is_some() && pattern.is_none_or(|pattern| pattern.is_match(name)) {
            lines.push(name.to_owned());
        }
    }
    *slot = end;
    (lines, end < channels.slots())
}

fn purges(cx: &Cx<'_>, after: &mut Option<Box<str>>) -> (Vec<String>, bool) {
    let start = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let purges = cx.state().purges.range::<str, _>((start, Bound::Unbounded)).take(STEP_CHANNELS);
    let (keys, lines): (Vec<_>, Vec<_>) =
        purges.map(|(key, purge)| (key.clone(), purge_line(cx, purge))).unzip();
    let last = keys.into_iter().last();
    let more = last.is_some();
    *after = last.or(after.take());
    (lines, more)
}

fn purge_line(cx: &Cx<'_>, purge: &Purge) -> String {
    let line = cx.said(Phrase::PURGE_LINE, &[&purge.name, &purge.by, &purge.reason]);
    line.trim_end().to_owned()
}

//! CHATHISTORY: pages of history (<https://ircv3.net/specs/extensions/chathistory>).

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::history::{self, HistoryReading, Listed, ReadingStep, SUBCOMMANDS, Style};
use crate::history::{End, Range};
use crate::i18n::Phrase;
use crate::wire::clock::parse_stamp;
use crate::wire::{Cap, Message, MsgId};

use super::Command;

pub(super) const CHATHISTORY: Command = Command::new("CHATHISTORY", chathistory).help(
    "<LATEST|BEFORE|AFTER|AROUND|BETWEEN> <target> <msgid=…|timestamp=…|*>{1,2} <limit>, or TARGETS \
     <timestamp=…> <timestamp=…> <limit>: retrieves message history",
);

fn chathistory(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let given = m.param(0);
    let Some(subcommand) = SUBCOMMANDS.into_iter().find(|name| name.eq_ignore_ascii_case(given)) else {
        let code = if given.is_empty() { Phrase::NOT_ENOUGH_PARAMETERS } else { Phrase::UNKNOWN_SUBCOMMAND };
        return Err(invalid(if given.is_empty() { "*" } else { given }, None, code));
    };
    let history = &cx.config().history;
    if !history.enabled || history.chathistory_maxmessages == 0 {
        return Err(fail("MESSAGE_ERROR", vec![subcommand.to_owned()], Phrase::HISTORY_DISABLED));
    }
    // TARGETS has selectors only, no target before them.
    let selectors = if matches!(subcommand, "BETWEEN" | "TARGETS") { 2 } else { 1 };
    let first = if subcommand == "TARGETS" { 1 } else { 2 };
    if m.params().len() <= first + selectors {
        return Err(invalid(subcommand, None, Phrase::NOT_ENOUGH_PARAMETERS));
    }
    let selector = |at: usize| {
        let text = m.param(at);
        Selector::parse(text).ok_or_else(|| invalid(subcommand, Some(text), Phrase::REFERENCE_INVALID))
    };
    let start = selector(first)?;
    if subcommand == "AROUND" && matches!(start, Selector::Unbounded) {
        return Err(invalid(subcommand, Some("*"), Phrase::REFERENCE_INVALID));
    }
    let limit = limit(cx, m.param(first + selectors));
    if subcommand == "TARGETS" {
        return targets(cx, start, selector(first + 1)?, limit);
    }
    let target = m.param(1);
    let events = cx.served().caps.has(Cap::EventPlayback);
    let range = |after, before, from| Range { after, before, from, limit, events };
    let ranges = match subcommand {
        "LATEST" => vec![range(start.last(), None, End::Newest)],
        "BEFORE" => vec![range(None, start.first(), End::Newest)],
        "AFTER" => vec![range(start.last(), None, End::Oldest)],
        "AROUND" => around(start, range(None, None, End::Newest)),
        _ => vec![between(start, selector(first + 1)?, range(None, None, End::Newest))],
    };
    let Some(scope) = history::scope(cx, target) else {
        let context = vec![subcommand.to_owned(), target.to_owned()];
        return Err(fail("INVALID_TARGET", context, Phrase::HISTORY_UNAVAILABLE));
    };
    history::read(cx, [ReadingStep::Page(HistoryReading::new(scope, ranges, Style::Page { subcommand }))]);
    Ok(())
}

/// Splits the limit in half: lines before the reference, and lines from it on.
fn around(at: Selector, range: Range) -> Vec<Range> {
    let earlier = range.limit / 2;
    let from = at.first().map(|first| MsgId::from_bits(first.to_bits().saturating_sub(1)));
    vec![
        Range { before: at.first(), from: End::Newest, limit: earlier, ..range },
        Range { after: from, from: End::Oldest, limit: range.limit - earlier, ..range },
    ]
}

/// Returns the range between two selectors, counted from the first one, which may be the later one.
fn between(start: Selector, end: Selector, range: Range) -> Range {
    let forward = match (start.first(), end.first()) {
        (Some(start), Some(end)) => start <= end,
        (start, _) => start.is_some(),
    };
    match forward {
        true => Range { after: start.last(), before: end.first(), from: End::Oldest, ..range },
        false => Range { after: end.last(), before: start.first(), from: End::Newest, ..range },
    }
}

fn limit(cx: &Cx<'_>, given: &str) -> usize {
    let max = cx.config().history.chathistory_maxmessages;
    given.parse().ok().filter(|limit| (1..=max).contains(limit)).unwrap_or(max)
}

fn fail(code: &'static str, context: Vec<String>, text: Phrase) -> Refusal {
    Refusal::Fail { command: "CHATHISTORY", code, context, text }
}

fn invalid(subcommand: &str, param: Option<&str>, text: Phrase) -> Refusal {
    let context = [Some(subcommand), param].into_iter().flatten();
    fail("INVALID_PARAMS", context.map(str::to_owned).collect(), text)
}

/// A point in history.
#[derive(Clone, Copy, Debug)]
enum Selector {
    /// `*`
    Unbounded,
    /// `msgid=`
    Id(MsgId),
    /// `timestamp=`, milliseconds since 1970.
    Time(u64),
}

impl Selector {
    fn parse(text: &str) -> Option<Selector> {
        if text == "*" {
            // The specification allows it for LATEST only, but Kiwi IRC sends `BEFORE *`.
            return Some(Selector::Unbounded);
        }
        let (kind, value) = text.split_once('=')?;
        match kind.to_ascii_lowercase().as_str() {
            "msgid" => MsgId::parse(value).map(Selector::Id),
            "timestamp" => parse_stamp(value).map(Selector::Time),
            _ => None,
        }
    }

    /// Returns the first id at this point; `None` means no bound.
    fn first(self) -> Option<MsgId> {
        match self {
            Selector::Unbounded => None,
            Selector::Id(id) => Some(id),
            Selector::Time(ms) => Some(MsgId::first_of(ms)),
        }
    }

    /// Returns the last id at this point; `None` means no bound.
    fn last(self) -> Option<MsgId> {
        match self {
            Selector::Time(ms) => Some(MsgId::last_of(ms)),
            other => other.first(),
        }
    }
}

fn targets(cx: &mut Cx<'_>, start: Selector, end: Selector, limit: usize) -> Outcome {
    let time = |selector| match selector {
        Selector::Time(_) => Ok(selector),
        _ => Err(invalid("TARGETS", None, Phrase::REFERENCE_INVALID)),
    };
    let whole = Range { after: None, before: None, from: End::Newest, limit, events: false };
    let range = between(time(start)?, time(end)?, whole);
    history::list_targets(cx, range, Listed::Page);
    Ok(())
}

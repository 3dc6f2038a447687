//! CHATHISTORY: pages of what was said (<https://ircv3.net/specs/extensions/chathistory>).

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::waiting::Resume;
use crate::engine::effect::Job;
use crate::engine::event::JobAnswer;
use crate::engine::history::{self, Reading, Step, Style};
use crate::history::{End, Found, HistoryKey, Listing, Query, Range};
use crate::i18n::Phrase;
use crate::state::account::HistoryChoice;
use crate::wire::clock::parse_stamp;
use crate::wire::{Cap, Message, MsgId, Stamp, Text};

use super::{Command, When};

pub(super) const CHATHISTORY: Command = Command {
    name: "CHATHISTORY",
    params_min: 0,
    when: When::Registered,
    right: None,
    help: "<LATEST|BEFORE|AFTER|AROUND|BETWEEN> <target> <msgid=…|timestamp=…|*>{1,2} <limit>, or TARGETS \
           <timestamp=…> <timestamp=…> <limit>: what was said",
    run: chathistory,
};

const SUBCOMMANDS: [&str; 6] = ["LATEST", "BEFORE", "AFTER", "AROUND", "BETWEEN", "TARGETS"];

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
    // Each selector is a parameter; TARGETS has no target.
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
    history::read(cx, [Step::Page(Reading::new(scope, ranges, Style::Page { subcommand }))]);
    Ok(())
}

/// Half of it earlier, half of it from the reference on.
fn around(at: Selector, range: Range) -> Vec<Range> {
    let earlier = range.limit / 2;
    let from = at.first().map(|first| MsgId::from_bits(first.to_bits().saturating_sub(1)));
    vec![
        Range { before: at.first(), from: End::Newest, limit: earlier, ..range },
        Range { after: from, from: End::Oldest, limit: range.limit - earlier, ..range },
    ]
}

/// Counted from the first, which may be the later one.
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
    let most = cx.config().history.chathistory_maxmessages;
    given.parse().ok().filter(|limit| (1..=most).contains(limit)).unwrap_or(most)
}

fn fail(code: &'static str, context: Vec<String>, text: Phrase) -> Refusal {
    Refusal::Fail { command: "CHATHISTORY", code, context, text }
}

fn invalid(subcommand: &str, what: Option<&str>, text: Phrase) -> Refusal {
    let context = [Some(subcommand), what].into_iter().flatten();
    fail("INVALID_PARAMS", context.map(str::to_owned).collect(), text)
}

/// A point in time; `None` in place of a bound is no bound.
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
            // Where the specification has it for LATEST only, Kiwi IRC asks for `BEFORE *`.
            return Some(Selector::Unbounded);
        }
        let (kind, value) = text.split_once('=')?;
        match kind.to_ascii_lowercase().as_str() {
            "msgid" => MsgId::parse(value).map(Selector::Id),
            "timestamp" => parse_stamp(value).map(Selector::Time),
            _ => None,
        }
    }

    /// Everything before this is earlier.
    fn first(self) -> Option<MsgId> {
        match self {
            Selector::Unbounded => None,
            Selector::Id(id) => Some(id),
            Selector::Time(ms) => Some(MsgId::first_of(ms)),
        }
    }

    /// Everything behind this is later.
    fn last(self) -> Option<MsgId> {
        match self {
            Selector::Time(ms) => Some(MsgId::last_of(ms)),
            other => other.first(),
        }
    }
}

/// TARGETS, once its parameters are known.
#[derive(Debug)]
struct Wanted {
    range: Range,
    /// What memory had.
    found: Vec<(HistoryKey, MsgId)>,
}

fn targets(cx: &mut Cx<'_>, start: Selector, end: Selector, limit: usize) -> Outcome {
    let time = |selector| match selector {
        Selector::Time(_) => Ok(selector),
        _ => Err(invalid("TARGETS", None, Phrase::REFERENCE_INVALID)),
    };
    let whole = Range { after: None, before: None, from: End::Newest, limit, events: false };
    let range = between(time(start)?, time(end)?, whole);
    let (found, stored) = known_targets(cx, range);
    let wanted = Wanted { range, found };
    if stored.owner.is_none() && stored.channels.is_empty() {
        show_targets(cx, wanted);
    } else {
        cx.ask(Job::AskHistory(Box::new(Query::Targets(stored))), wanted);
    }
    Ok(())
}

/// What memory knows, and what has to be asked for.
fn known_targets(cx: &Cx<'_>, range: Range) -> (Vec<(HistoryKey, MsgId)>, Listing) {
    let floor = history::floor(cx, None);
    let mut found = Vec::new();
    let mut stored = Listing {
        owner: None,
        channels: Vec::new(),
        after: range.after,
        before: range.before,
        from: range.from,
        limit: range.limit,
    };
    if history::own_choice(cx) == HistoryChoice::On {
        stored.owner = cx.account().map(|account| account.name.key().into());
    } else {
        let known = cx.user().history.correspondents().into_iter();
        let within = known.filter(|&(_, latest)| range.contains(latest) && Some(latest) > floor);
        let target = |with: &str| HistoryKey::Conversation { owner: "".into(), with: with.into() };
        found.extend(within.map(|(with, latest)| (target(with), latest)));
    }
    for &id in &cx.user().channels {
        let Some(scope) = history::channel(cx, id) else { continue };
        let channel = &cx.state().channels[id];
        let key: Box<str> = channel.name.key().into();
        let last = Range { after: scope.floor, before: None, from: End::Newest, limit: 1, events: false };
        match channel.history.page(None, &last).pop() {
            Some(item) if range.contains(item.id()) => found.push((HistoryKey::Channel(key), item.id())),
            Some(_) => {}
            None if scope.stored.is_some() => stored.channels.push(key),
            None => {}
        }
    }
    (found, stored)
}

/// The stored targets have been found, or not.
impl Resume for Wanted {
    fn resume(mut self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let JobAnswer::HistoryFound(Found::Targets(stored)) = answer else {
            return Err(fail("MESSAGE_ERROR", vec!["TARGETS".to_owned()], Phrase::HISTORY_UNAVAILABLE));
        };
        let may_read = |(target, latest): &&(HistoryKey, MsgId)| {
            let floor = match target {
                HistoryKey::Conversation { .. } => history::floor(cx, None),
                HistoryKey::Channel(key) => {
                    let scope = cx.state().channel_by_key(key).and_then(|id| history::channel(cx, id));
                    let Some(scope) = scope else { return false };
                    scope.floor
                }
            };
            floor.is_none_or(|floor| *latest > floor)
        };
        self.found.extend(stored.iter().filter(may_read).cloned());
        show_targets(cx, *self);
        Ok(())
    }
}

fn show_targets(cx: &mut Cx<'_>, wanted: Wanted) {
    let Wanted { range, mut found } = wanted;
    found.sort_by_key(|(_, latest)| *latest);
    match range.from {
        End::Oldest => found.truncate(range.limit),
        End::Newest => drop(found.drain(..found.len().saturating_sub(range.limit))),
    }
    let tags = if found.len() < range.limit { "draft/chathistory-end" } else { "" };
    cx.open_batch_tagged(tags, "draft/chathistory-targets", &[]);
    for (target, latest) in found {
        let name = match &target {
            HistoryKey::Channel(key) => {
                let channel = cx.state().channel_by_key(key).map(|id| &cx.state().channels[id]);
                channel.map_or_else(|| key.to_string(), |channel| channel.name.as_str().to_owned())
            }
            HistoryKey::Conversation { with, .. } => history::shown_correspondent(cx, with),
        };
        let stamp = Stamp::new(latest.wall_ms()).to_string();
        cx.reply_command("CHATHISTORY", &["TARGETS", &name, &stamp], Text::None);
    }
    cx.close_batch();
}

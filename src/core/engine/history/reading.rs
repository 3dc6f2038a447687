//! Reads pages of history, one after the other: from memory, and from the archive where memory is incomplete.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::engine::border::JobAnswer;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::waiting::{LongAnswer, Resume};
use crate::history::{End, Found, HistoryKey, Item, Listing, PAGE_BYTES_MAX, Query, Range, cut};
use crate::state::account::HistoryChoice;
use crate::state::fact::HistoryPlace;
use crate::wire::MsgId;

use super::page::{self, Style, Telling};
use super::scope::{self, HistoryScope, can_still_read};

/// A page to read and send.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HistoryReading {
    /// The channel or conversation.
    pub scope: HistoryScope,
    /// The parts of its history; each has its own limit.
    pub ranges: Vec<Range>,
    /// How the page is sent.
    pub style: Style,
    /// The items found in memory, by range.
    found: Vec<Vec<Item>>,
}

impl HistoryReading {
    /// Returns a page of some ranges, restricted to what the scope allows.
    pub fn new(scope: HistoryScope, mut ranges: Vec<Range>, style: Style) -> HistoryReading {
        for range in &mut ranges {
            range.after = range.after.max(scope.floor);
        }
        HistoryReading { scope, ranges, style, found: Vec::new() }
    }

    /// Takes items from memory. Returns the ranges that the archive must supply.
    fn look_up(&mut self, cx: &Cx<'_>) -> Vec<Range> {
        let Some(ring) = cx.state().ring(&self.scope.place) else { return Vec::new() };
        let with = self.scope.place.with();
        self.found = self.ranges.iter().map(|range| ring.page(with, range)).collect();
        if self.scope.stored.is_none() {
            return Vec::new();
        }
        let alone = match &self.scope.place {
            HistoryPlace::Channel(_) => true,
            // The memory of each user of an account contains only that user's messages.
            HistoryPlace::Conversation { .. } => {
                cx.account().is_none_or(|account| cx.state().users_of(account.name.key()).len() == 1)
            }
        };
        let complete_from = ring.complete_from().filter(|_| alone);
        let missing = |(range, found): (&Range, &Vec<Item>)| {
            let before = range.before.into_iter().chain(complete_from).min();
            // Only items since `complete_from` count; between older ones, some may be missing.
            let is_certain = |item: &&Item| complete_from.is_some_and(|from| item.id() >= from);
            let certain = found.iter().filter(is_certain).count();
            let rest = match range.from {
                End::Newest => Range { before, limit: range.limit - certain, ..*range },
                // Older items take precedence, regardless of the number in memory.
                End::Oldest => Range { before, ..*range },
            };
            (!rest.is_empty()).then_some(rest)
        };
        self.ranges.iter().zip(&self.found).filter_map(missing).collect()
    }

    /// Returns the number of bytes after which the items of a range are cut off.
    fn range_bytes_max(&self) -> usize {
        PAGE_BYTES_MAX / self.ranges.len().max(1)
    }

    /// Whether a page contains everything in its ranges, that is, none reached a limit.
    pub fn is_all(&self, page: &[Item]) -> bool {
        self.ranges.iter().all(|range| {
            let within = page.iter().filter(|item| range.contains(item.id()));
            let (count, bytes) =
                within.fold((0, 0), |(count, bytes), item| (count + 1, bytes + item.as_bytes().len()));
            // One side of AROUND may have a limit of 0.
            (range.limit == 0 || count < range.limit) && bytes < self.range_bytes_max()
        })
    }

    /// Returns the whole page, oldest first.
    fn take_page(&mut self, stored: &[Item]) -> Vec<Item> {
        let mut page = Vec::new();
        for (range, mut found) in self.ranges.iter().zip(std::mem::take(&mut self.found)) {
            found.extend(stored.iter().filter(|item| range.contains(item.id())).cloned());
            // What memory supplies is in order.
            if !stored.is_empty() {
                sort(&mut found);
            }
            match range.from {
                End::Oldest => found.truncate(range.limit),
                End::Newest => drop(found.drain(..found.len().saturating_sub(range.limit))),
            }
            cut(&mut found, range.from, self.range_bytes_max());
            page.append(&mut found);
        }
        if self.ranges.len() > 1 {
            sort(&mut page);
        }
        page
    }
}

/// Sorts items, oldest first, each once.
fn sort(items: &mut Vec<Item>) {
    items.sort_by_key(Item::id);
    items.dedup_by_key(|item| item.id());
}

/// What to send next.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ReadingStep {
    /// A page.
    Page(HistoryReading),
    /// A page of each conversation that has lines within the range.
    Conversations {
        /// The part to send of each.
        range: Range,
        /// Maximum number of conversations.
        limit: usize,
        /// How they are sent.
        style: Style,
    },
}

/// Sends pages in this order, after the answers that the session is already waiting for.
pub fn read(cx: &mut Cx<'_>, steps: impl IntoIterator<Item = ReadingStep>) {
    let pages = Pages { telling: None, steps: steps.into_iter().collect() };
    if cx.pending.is_some() || cx.is_answering_long() { cx.answer_long(pages) } else { pages.read(cx) }
}

/// Pages still to be sent. During a request to the archive, the first step is the one requested.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct Pages {
    /// The page being sent, if it is too long for one piece.
    telling: Option<Telling>,
    steps: VecDeque<ReadingStep>,
}

impl LongAnswer for Pages {
    fn step(&mut self, cx: &mut Cx<'_>) -> ControlFlow<(), usize> {
        if let Some(telling) = &mut self.telling {
            if telling.step(cx).is_break() {
                self.telling = None;
            }
            return ControlFlow::Continue(1);
        }
        Pages { telling: None, steps: std::mem::take(&mut self.steps) }.read(cx);
        ControlFlow::Break(())
    }

    fn skip_archive(&mut self) {
        for step in &mut self.steps {
            if let ReadingStep::Page(reading) = step {
                reading.scope.stored = None;
            }
        }
    }
}

impl Pages {
    fn read(mut self, cx: &mut Cx<'_>) {
        while let Some(step) = self.steps.pop_front() {
            match step {
                ReadingStep::Page(reading) if !can_still_read(cx, &reading.scope) => {
                    page::send_failure(cx, &reading);
                    continue;
                }
                ReadingStep::Page(mut reading) => {
                    let missing = reading.look_up(cx);
                    match reading.scope.stored.clone().filter(|_| !missing.is_empty()) {
                        None => match self.send(cx, reading, &[]) {
                            Some(rest) => self = rest,
                            None => return,
                        },
                        Some(target) => {
                            self.steps.push_front(ReadingStep::Page(reading));
                            return self.ask(cx, Query::Page { target, ranges: missing });
                        }
                    }
                }
                ReadingStep::Conversations { range, limit, style } => {
                    match stored_conversations(cx, range, limit) {
                        Some(listing) => {
                            self.steps.push_front(ReadingStep::Conversations { range, limit, style });
                            return self.ask(cx, Query::Targets(listing));
                        }
                        None => {
                            let pages = conversations_in_memory(cx, range, limit, style);
                            pages.into_iter().rev().for_each(|page| self.steps.push_front(page));
                        }
                    }
                }
            }
        }
    }

    fn ask(self, cx: &mut Cx<'_>, query: Query) {
        cx.ask(query, self);
    }

    /// Sends a page. If it is short, sends it at once and returns the remaining pages; otherwise sends it in
    /// pieces, followed by the remaining pages.
    fn send(mut self, cx: &mut Cx<'_>, mut reading: HistoryReading, stored: &[Item]) -> Option<Pages> {
        let page = reading.take_page(stored);
        let telling = Telling::new(reading, page);
        if cx.answered_bytes() + telling.bytes() <= cx.setup.piece_bytes_max() {
            telling.send_all(cx);
            return Some(self);
        }
        self.telling = Some(telling);
        cx.answer_long_next(self);
        None
    }
}

/// Continues with the answer of the archive.
impl Resume for Pages {
    fn resume(mut self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        match (self.steps.pop_front(), answer) {
            // The user may have left the channel while waiting for the archive.
            (Some(ReadingStep::Page(reading)), JobAnswer::HistoryFound(Found::Items(_)))
                if !can_still_read(cx, &reading.scope) =>
            {
                page::send_failure(cx, &reading);
            }
            (Some(ReadingStep::Page(reading)), JobAnswer::HistoryFound(Found::Items(stored))) => {
                if let Some(rest) = self.send(cx, reading, stored) {
                    rest.read(cx);
                }
                return Ok(());
            }
            (Some(ReadingStep::Page(reading)), _) if reading.style == (Style::Lines { asked: false }) => {
                self.skip_archive();
                cx.later.iter_mut().for_each(|answer| answer.skip_archive());
                self.steps.push_front(ReadingStep::Page(HistoryReading {
                    scope: HistoryScope { stored: None, ..reading.scope },
                    ..reading
                }));
            }
            (Some(ReadingStep::Page(reading)), _) => page::send_failure(cx, &reading),
            (
                Some(ReadingStep::Conversations { range, style, .. }),
                JobAnswer::HistoryFound(Found::Targets(found)),
            ) => {
                let with = |(target, _): &(HistoryKey, MsgId)| match target {
                    HistoryKey::Conversation { with, .. } => conversation(cx, with, range, style),
                    HistoryKey::Channel(_) => None,
                };
                found.iter().rev().filter_map(with).for_each(|page| self.steps.push_front(page));
            }
            (Some(ReadingStep::Conversations { range, limit, style }), _) => {
                let pages = conversations_in_memory(cx, range, limit, style);
                pages.into_iter().rev().for_each(|page| self.steps.push_front(page));
                self.skip_archive();
                cx.later.iter_mut().for_each(|answer| answer.skip_archive());
            }
            (None, _) => {}
        }
        self.read(cx);
        Ok(())
    }
}

/// Returns the request to the archive, if it stores the conversations of the user being served.
fn stored_conversations(cx: &Cx<'_>, range: Range, limit: usize) -> Option<Listing> {
    let owner = cx.account().filter(|_| scope::own_choice(cx) == HistoryChoice::On)?;
    Some(Listing {
        owner: Some(owner.name.key().into()),
        channels: Vec::new(),
        after: range.after.max(scope::floor(cx, None)),
        before: None,
        from: End::Newest,
        limit,
    })
}

fn conversations_in_memory(cx: &Cx<'_>, range: Range, limit: usize, style: Style) -> Vec<ReadingStep> {
    let known = cx.user().history.correspondents();
    let recent = known.into_iter().filter(|(_, latest)| range.after.is_none_or(|after| *latest > after));
    let mut names: Vec<String> = recent.take(limit).map(|(with, _)| with.to_owned()).collect();
    // The latest comes last, as the client would have seen it live.
    names.reverse();
    names.into_iter().filter_map(|with| conversation(cx, &with, range, style)).collect()
}

fn conversation(cx: &Cx<'_>, with: &str, range: Range, style: Style) -> Option<ReadingStep> {
    let scope = scope::conversation(cx, with, scope::shown_correspondent(cx, with))?;
    Some(ReadingStep::Page(HistoryReading::new(scope, vec![range], style)))
}

//! The latest lines of a channel or conversation, for those who type what they want to see.

use crate::engine::context::cx::Cx;
use crate::wire::Cap;

use super::missed::Stretch;
use super::reading::{HistoryReading, ReadingStep, read};
use super::scope::HistoryScope;
use super::tell::Style;

/// Lines where no number is given.
const LINES: usize = 100;

/// Plays the last lines, or those of the last hours; as `HISTORY` has it.
pub fn play_latest(cx: &mut Cx<'_>, scope: HistoryScope, how_many: Option<&str>, style: Style) {
    let most = cx.config().history.chathistory_maxmessages;
    let lines = how_many.and_then(|text| text.parse::<usize>().ok()).filter(|&lines| lines > 0);
    let time = how_many.filter(|_| lines.is_none()).and_then(crate::config::parse_duration);
    let (after_ms, limit) = match time {
        Some(time) => (Some(cx.now.wall_ms.saturating_sub(time.as_millis() as u64)), most),
        None => (None, lines.unwrap_or(LINES).min(most)),
    };
    let settings = cx.account().and_then(|account| account.settings.replay_joins);
    let events = settings.is_some() || cx.served().caps.has(Cap::EventPlayback);
    let range = Stretch { after_ms, before_ms: None }.latest(limit, events && style != Style::Notices);
    read(cx, [ReadingStep::Page(HistoryReading::new(scope, vec![range], style))]);
}

//! The latest lines of a channel or conversation, for users who type HISTORY or HistServ's PLAY.

use crate::engine::context::cx::Cx;
use crate::wire::Cap;

use super::missed::Period;
use super::page::Style;
use super::reading::{HistoryReading, ReadingStep, read};
use super::scope::HistoryScope;

/// Number of lines if the user does not give one.
const LINES_DEFAULT: usize = 100;

/// Plays the latest lines. `amount` is a number of lines or a duration, as in `HISTORY #channel 1h`.
pub fn play_latest(cx: &mut Cx<'_>, scope: HistoryScope, amount: Option<&str>, style: Style) {
    let lines_max = cx.config().history.chathistory_maxmessages;
    let lines = amount.and_then(|text| text.parse::<usize>().ok()).filter(|&lines| lines > 0);
    let duration = amount.filter(|_| lines.is_none()).and_then(crate::config::parse_duration);
    let (after_ms, limit) = match duration {
        Some(duration) => (Some(cx.now.wall_ms.saturating_sub(duration.as_millis() as u64)), lines_max),
        None => (None, lines.unwrap_or(LINES_DEFAULT).min(lines_max)),
    };
    let settings = cx.account().and_then(|account| account.settings.replay_joins);
    let events = settings.is_some() || cx.served().caps.has(Cap::EventPlayback);
    let range = Period { after_ms, before_ms: None }.latest(limit, events && style != Style::Notices);
    read(cx, [ReadingStep::Page(HistoryReading::new(scope, vec![range], style))]);
}

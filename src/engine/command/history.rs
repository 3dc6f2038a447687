//! HISTORY: what was said, for people who type it.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::history::{self, Reading, Scope, Step, Stretch, Style};
use crate::i18n::Phrase;
use crate::wire::numeric::ERR_UNKNOWNERROR;
use crate::wire::{Cap, Message, Text};

use super::{Command, When};

pub(super) const HISTORY: Command = Command {
    name: "HISTORY",
    params_min: 1,
    when: When::Registered,
    right: None,
    help: "<target> [<lines>|<time>]: what was said of late: 100 lines, or so many, or those of the last 2h, 3d …",
    run: history,
};

/// Lines where no number is given.
const LINES: usize = 100;

fn history(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    if !cx.config().history.enabled {
        cx.reply(ERR_UNKNOWNERROR, &["HISTORY"], Text::Said(Phrase::HISTORY_DISABLED, &[]));
        return Ok(());
    }
    let target = m.param(0);
    let Some(scope) = history::scope(cx, target) else {
        return Err(Refusal::NoSuchChannel(target.to_owned()));
    };
    play(cx, scope, m.param_opt(1), Style::Lines { asked: true });
    Ok(())
}

/// Plays the last lines, or those of the last hours; as `HISTORY` has it.
pub fn play(cx: &mut Cx<'_>, scope: Scope, how_many: Option<&str>, style: Style) {
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
    history::read(cx, [Step::Page(Reading::new(scope, vec![range], style))]);
}

//! HISTORY: what was said, for people who type it.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::history::{self, Style};
use crate::i18n::Phrase;
use crate::wire::numeric::ERR_UNKNOWNERROR;
use crate::wire::{Message, Text};

use super::{Command, When};

pub(super) const HISTORY: Command = Command {
    name: "HISTORY",
    params_min: 1,
    when: When::Registered,
    right: None,
    help: "<target> [<lines>|<time>]: what was said of late: 100 lines, or so many, or those of the last 2h, 3d …",
    run: history,
};

fn history(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    if !cx.config().history.enabled {
        cx.reply(ERR_UNKNOWNERROR, &["HISTORY"], Text::Said(Phrase::HISTORY_DISABLED, &[]));
        return Ok(());
    }
    let target = m.param(0);
    let Some(scope) = history::scope(cx, target) else {
        return Err(Refusal::NoSuchChannel(target.to_owned()));
    };
    history::play_latest(cx, scope, m.param_opt(1), Style::Lines { asked: true });
    Ok(())
}

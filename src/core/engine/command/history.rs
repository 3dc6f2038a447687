//! HISTORY: history as ordinary lines, for users who type the command.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::history::{self, Style};
use crate::i18n::Phrase;
use crate::wire::numeric::ERR_UNKNOWNERROR;
use crate::wire::{Message, Text};

use super::Command;

pub(super) const HISTORY: Command = Command::new("HISTORY", history).params(1).help(
    "<target> [<lines>|<time>]: replays recent messages: the last 100, a number of them, or those \
     of a period such as 2h or 3d",
);

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

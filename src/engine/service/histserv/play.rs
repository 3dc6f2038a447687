//! PLAY: the last lines, as notices.

use crate::engine::command::history;
use crate::engine::cx::Cx;
use crate::engine::refusal::Outcome;
use crate::engine::replay::{self, Style};
use crate::engine::service::Command;
use crate::i18n::Phrase;

use super::HISTSERV;
use super::delete::DELETE;

pub(super) const PLAY: Command = Command {
    name: "PLAY",
    params_min: 1,
    help: "<target> [<lines>|<time>]: plays the last lines of a channel or conversation",
    more: &["Without a number 100 lines; a time is like 2h or 3d."],
    run: play,
    ..DELETE
};

fn play(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let scope =
        replay::scope(cx, params[0]).ok_or_else(|| HISTSERV.refuse(Phrase::HISTORY_UNAVAILABLE, &[]))?;
    history::play(cx, scope, params.get(1).copied(), Style::Notices);
    Ok(())
}

//! PLAY: sends the latest lines as notices.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::history::{self, Style};
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;

use super::{HISTSERV, is_history_enabled};

pub(super) const PLAY: ServiceCommand = ServiceCommand::new("PLAY", play)
    .params(1, 2)
    .enabled(is_history_enabled)
    .help("<target> [<lines>|<time>]: replays the latest messages of a channel or conversation")
    .more(&["The default is 100 lines. Write a time like 2h or 3d."]);

fn play(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let scope =
        history::scope(cx, params[0]).ok_or_else(|| HISTSERV.refuse(Phrase::HISTORY_UNAVAILABLE, &[]))?;
    history::play_latest(cx, scope, params.get(1).copied(), Style::Notices);
    Ok(())
}

//! QUIT: ends the connection.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::i18n::Phrase;
use crate::wire::Message;

use super::Command;

pub(super) const QUIT: Command =
    Command::new("QUIT", quit).before_registration().help("[<reason>]: disconnects from the server");

fn quit(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    match m.param_opt(0).filter(|reason| !reason.is_empty()) {
        Some(reason) => cx.close_saying(Phrase::QUIT_SAYING, &[reason]),
        None => cx.close_saying(Phrase::QUIT, &[]),
    }
    Ok(())
}

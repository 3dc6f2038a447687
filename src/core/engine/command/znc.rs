//! ZNC: commands for ZNC modules, which Palaver and other clients send instead of `PRIVMSG *playback`.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::history::znc_playback::receive;
use crate::wire::Message;

use super::Command;

pub(super) const ZNC: Command = Command::new("ZNC", znc).params(1).help(
    "<module> <command>: sends a command to an emulated ZNC module; only *playback is supported, \
     with PLAY and LIST",
);

fn znc(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let words = m.params().get(1..).unwrap_or_default();
    receive(cx, m.param(0), &words.join(" "));
    Ok(())
}

//! ZNC: what Palaver and others say to a module of ZNC, instead of `PRIVMSG *playback`.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::history::znc_playback::hear;
use crate::wire::Message;

use super::{Command, When};

pub(super) const ZNC: Command = Command {
    name: "ZNC",
    params_min: 1,
    when: When::Registered,
    right: None,
    help: "<module> <command>: sends a command to an emulated ZNC module; only *playback is supported, with PLAY and LIST",
    run: znc,
};

fn znc(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let words = m.params().get(1..).unwrap_or_default();
    hear(cx, m.param(0), &words.join(" "));
    Ok(())
}

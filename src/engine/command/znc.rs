//! ZNC: what a module of ZNC is told, as by a PRIVMSG to it.

use crate::engine::cx::Cx;
use crate::engine::refusal::Outcome;
use crate::engine::znc;
use crate::wire::Message;

use super::{Command, When};

pub(super) const ZNC: Command = Command {
    name: "ZNC",
    params_min: 1,
    when: When::Registered,
    right: None,
    help: "*playback play <targets> [<from> [<to>]]: what was said, for clients that know ZNC's playback",
    run: znc,
};

fn znc(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    // Palaver has all words behind the module in one parameter.
    let words: Vec<&str> = (1..m.params().len()).map(|at| m.param(at)).collect();
    znc::hear(cx, m.param(0), &words.join(" "));
    Ok(())
}

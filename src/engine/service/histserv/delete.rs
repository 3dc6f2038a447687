//! DELETE: takes a message back.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::history::redaction::{self, Manner};
use crate::engine::service::{Command, Who};

use super::keeps_history;

pub(super) const DELETE: Command = Command {
    name: "DELETE",
    aliases: &[],
    params_min: 2,
    params_max: 2,
    text_last: false,
    who: Who::Anyone,
    enabled: keeps_history,
    hidden: false,
    help: "<target> <msgid>: deletes a message of yours, or one in a channel you operate",
    more: &["The ID is the msgid tag of the message; clients that support deletion know it."],
    run: |cx: &mut Cx<'_>, params: &[&str]| -> Outcome {
        redaction::start(cx, [params[0], params[1]], None, Manner::HistServ)
    },
};

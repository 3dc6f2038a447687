//! PING and PONG: both sides can see whether the other is still there.

use crate::engine::cx::Cx;
use crate::engine::refusal::Outcome;
use crate::wire::{Message, Text};

use super::{Command, When};

pub(super) const PING: Command = Command {
    name: "PING",
    params_min: 1,
    when: When::Always,
    right: None,
    help: "<token>: asks the server for a sign of life",
    run: ping,
};

pub(super) const PONG: Command = Command {
    name: "PONG",
    params_min: 0,
    when: When::Always,
    right: None,
    help: "<token>: answers a PING",
    run: |_, _| Ok(()),
};

fn ping(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let server = cx.setup.server_name();
    cx.reply_command("PONG", &[server], Text::Plain(m.param(0)));
    Ok(())
}

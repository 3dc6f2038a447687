//! PING and PONG: both sides can see whether the other is still there.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::text::truncate;
use crate::wire::{Message, Text};

use super::{Command, When};

pub(super) const PING: Command = Command {
    name: "PING",
    params_min: 1,
    when: When::Always,
    right: None,
    help: "<token>: requests a PONG from the server",
    run: ping,
};

pub(super) const PONG: Command = Command {
    name: "PONG",
    params_min: 0,
    when: When::Always,
    right: None,
    help: "<token>: replies to a PING",
    run: |_, _| Ok(()),
};

fn ping(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let server = cx.setup.server_name();
    // The answer is longer than the question, but no line may be too long.
    let frame = ": PONG  :\r\n".len() + 2 * server.len();
    let token = truncate(m.param(0), cx.config().server.max_line_len.saturating_sub(frame));
    cx.reply_command("PONG", &[server], Text::Plain(token));
    Ok(())
}

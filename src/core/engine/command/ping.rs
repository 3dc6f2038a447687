//! PING and PONG: each side can check that the other is still connected.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::text::truncate;
use crate::wire::{Message, Text};

use super::Command;

pub(super) const PING: Command = Command::new("PING", ping)
    .params(1)
    .before_registration()
    .help("<token>: requests a PONG from the server");

pub(super) const PONG: Command =
    Command::new("PONG", |_, _| Ok(())).before_registration().help("<token>: replies to a PING");

fn ping(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let server = cx.setup.server_name();
    // The PONG is longer than the PING, but must not exceed the line length.
    let frame = ": PONG  :\r\n".len() + 2 * server.len();
    let token = truncate(m.param(0), cx.config().server.max_line_len.saturating_sub(frame));
    cx.reply_command("PONG", &[server], Text::Plain(token));
    Ok(())
}

//! REDACT: deletes a message (<https://ircv3.net/specs/extensions/message-redaction>).

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::history::redaction::{self, RedactionOrigin};
use crate::wire::Message;

use super::Command;

pub(super) const REDACT: Command = Command::new("REDACT", redact).params(2).help(
    "<target> <msgid> [:<reason>]: deletes a message that you sent or, if you are a channel operator, \
     any message in the channel",
);

fn redact(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    redaction::start(cx, [m.param(0), m.param(1)], m.param_opt(2), RedactionOrigin::Redact)
}

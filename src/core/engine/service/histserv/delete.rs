//! DELETE: deletes a message.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::history::redaction::{self, RedactionOrigin};
use crate::engine::service::ServiceCommand;

use super::is_history_enabled;

pub(super) const DELETE: ServiceCommand =
    ServiceCommand::new("DELETE", |cx: &mut Cx<'_>, params: &[&str]| -> Outcome {
        redaction::start(cx, [params[0], params[1]], None, RedactionOrigin::HistServ)
    })
    .params(2, 2)
    .enabled(is_history_enabled)
    .help("<target> <msgid>: deletes a message that you sent")
    .more(&[
        "Channel operators can delete any message in their channel.",
        "<msgid> is the msgid tag of the message, which some clients can show.",
    ]);

//! DELETE: takes a message back.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::history::redaction::{self, RedactionOrigin};
use crate::engine::service::ServiceCommand;

use super::keeps_history;

pub(super) const DELETE: ServiceCommand =
    ServiceCommand::new("DELETE", |cx: &mut Cx<'_>, params: &[&str]| -> Outcome {
        redaction::start(cx, [params[0], params[1]], None, RedactionOrigin::HistServ)
    })
    .params(2, 2)
    .enabled(keeps_history)
    .help("<target> <msgid>: deletes a message of yours, or one in a channel you operate")
    .more(&["The ID is the msgid tag of the message; clients that support deletion know it."]);

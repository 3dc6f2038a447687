//! DEFCON: restricts the server gradually during an attack.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::state::fact::OperAction;
use crate::state::{Defcon, Fact};
use crate::wire::numeric::ERR_UNKNOWNERROR;
use crate::wire::{Message, Text};

use super::Command;

pub(super) const DEFCON: Command = Command::new("DEFCON", defcon)
    .right("defcon")
    .help("[<level>]: shows or sets the DEFCON level, from 5 (normal) to 1 (no new connections)");

fn defcon(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    if let Some(raw) = m.param_opt(0) {
        let Some(level) = raw.parse().ok().and_then(Defcon::new) else {
            cx.reply(ERR_UNKNOWNERROR, &["DEFCON"], Text::Said(Phrase::DEFCON_INVALID, &[]));
            return Err(Refusal::Said);
        };
        let by = cx.nick().to_owned();
        cx.commit(Fact::OperAction(OperAction::Defcon { level, by: &by }));
    }
    let level = cx.state().defcon.level();
    cx.notify(Phrase::DEFCON_IS, &[&level.to_string()]);
    Ok(())
}

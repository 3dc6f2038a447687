//! NAMES: lists the members of a channel.

use crate::engine::announce::names;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::policy;
use crate::i18n::Phrase;
use crate::wire::numeric::RPL_ENDOFNAMES;
use crate::wire::{Message, Text};

use super::Command;

pub(super) const NAMES: Command = Command::new("NAMES", names)
    .help("[<channel>]: lists the users in a channel, or in all channels you are in");

fn names(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let Some(param) = m.param_opt(0) else {
        if cx.user().channels.is_empty() {
            // NAMES always gets an answer (RFC 2812 3.2.5).
            cx.reply(RPL_ENDOFNAMES, &["*"], Text::Said(Phrase::END_OF_NAMES, &[]));
            return Ok(());
        }
        let channels = cx.user().channels.iter().rev().copied().collect();
        names::show_all(cx, channels);
        return Ok(());
    };
    // TARGMAX says NAMES:1.
    let name = param.split(',').next().unwrap_or(param);
    let me = cx.me();
    match cx.find_channel(name) {
        Ok(channel) if policy::sees_channel(cx.state(), me, channel) => names::show(cx, channel),
        // Unknown and hidden channels both appear empty.
        _ => cx.reply(RPL_ENDOFNAMES, &[name], Text::Said(Phrase::END_OF_NAMES, &[])),
    }
    Ok(())
}

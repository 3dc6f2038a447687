//! AWAY: marks the user as away, or as back.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::session::AWAY_UNSPECIFIED;
use crate::text::truncate;
use crate::wire::numeric::{RPL_NOWAWAY, RPL_UNAWAY};
use crate::wire::{Cap, Message, Text};

use super::Command;

pub(super) const AWAY: Command = Command::new("AWAY", away)
    .before_registration()
    .help("[<text>]: marks you as away, or as back when no text is given");

fn away(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let pre_away = cx.served().caps.has(Cap::PreAway);
    if cx.served().user().is_none() && !pre_away {
        return Err(Refusal::NotRegistered);
    }
    let text = match truncate(m.param(0), cx.config().limits.awaylen) {
        "" => None,
        "*" if pre_away => Some(AWAY_UNSPECIFIED),
        text => Some(text),
    };
    match text {
        Some(_) => cx.reply(RPL_NOWAWAY, &[], Text::Said(Phrase::NOW_AWAY, &[])),
        None => cx.reply(RPL_UNAWAY, &[], Text::Said(Phrase::NO_LONGER_AWAY, &[])),
    }
    if cx.served().away.as_deref() != text {
        cx.commit(Fact::AwaySet { session: cx.session, text });
    }
    Ok(())
}

//! MODE on a nick: one's own user modes.

use crate::engine::cx::Cx;
use crate::engine::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::state::{Fact, Letters};
use crate::wire::numeric::{ERR_UNKNOWNMODE, RPL_UMODEIS};
use crate::wire::{Message, Text};

/// Modes that users switch themselves: bot, messages from the logged-in only, no CTCP, invisible.
pub(super) const SETTABLE: &str = "BRTi";
/// Modes that come and go by other means, except that operators may step down with `-o`.
const AUTOMATIC: &str = "Zo";

/// 221, or changes.
pub fn mode(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let user = cx.find_user(m.param(0))?;
    if user != cx.me() {
        return Err(Refusal::UsersDontMatch);
    }
    let Some(changes) = m.param_opt(1) else {
        let modes = cx.user().modes.to_string();
        cx.reply(RPL_UMODEIS, &[&modes], Text::None);
        return Ok(());
    };
    let modes = cx.user().modes;
    let (mut on, mut off) = (Letters::default(), Letters::default());
    let (mut adding, mut steps_down) = (true, false);
    for letter in changes.chars() {
        match letter {
            '+' => adding = true,
            '-' => adding = false,
            _ if SETTABLE.contains(letter) => {
                let differs = modes.has(letter) != adding;
                on.set(letter, differs && adding);
                off.set(letter, differs && !adding);
            }
            'o' if !adding => steps_down = modes.has('o'),
            _ if AUTOMATIC.contains(letter) => {}
            _ => {
                let letter = letter.to_string();
                cx.reply(ERR_UNKNOWNMODE, &[&letter], Text::Said(Phrase::UNKNOWN_MODE, &[]));
            }
        }
    }
    if on != Letters::default() || off != Letters::default() {
        cx.commit(Fact::UserModesChanged { user, on, off });
    }
    if steps_down {
        super::oper::step_down(cx);
    }
    Ok(())
}

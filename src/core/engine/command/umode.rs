//! MODE on a nick: one's own user modes.

use crate::engine::announce::{self, snomask};
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::state::fact::OperAction;
use crate::state::{Fact, Letters, UserId};
use crate::wire::numeric::{ERR_UNKNOWNMODE, RPL_SNOMASKIS, RPL_UMODEIS};
use crate::wire::{Message, Text};

/// Modes that users switch themselves: bot, roleplay, messages from the logged-in only, no CTCP, invisible.
pub(super) const SETTABLE: &str = "BERTi";
/// Modes that come and go by other means, except that operators may step down with `-o`.
const AUTOMATIC: &str = "Zo";

/// 221, or changes.
pub fn mode(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let user = cx.find_user(m.param(0))?;
    if user != cx.me() {
        return Err(Refusal::UsersDontMatch);
    }
    let Some(changes) = m.param_opt(1) else {
        show(cx, user);
        return Ok(());
    };
    let mut params = m.params()[2..].iter().copied();
    let (mut masks, mut refused) = (None, false);
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
            's' if cx.user().may("snomasks") => {
                let changes = params.next();
                masks = Some(match changes {
                    Some(changes) => snomask::changed(masks.unwrap_or(cx.user().snomasks), changes, adding),
                    None if adding => cx.user().snomasks,
                    None => Letters::default(),
                });
            }
            's' => {
                refused = true;
                Refusal::NoPrivileges.say(cx);
            }
            'o' if !adding => steps_down = modes.has('o'),
            _ if AUTOMATIC.contains(letter) => {}
            _ => {
                refused = true;
                unknown(cx, letter);
            }
        }
    }
    let changes_modes = on != Letters::default() || off != Letters::default();
    if changes_modes {
        cx.commit(Fact::UserModesChanged { user, on, off });
    }
    if let Some(masks) = masks {
        set_snomasks(cx, masks);
    }
    if steps_down {
        super::oper::drop_oper(cx, user);
    }
    if !changes_modes && masks.is_none() && !steps_down && !refused {
        // What is so already is shown.
        show(cx, user);
    }
    Ok(())
}

/// 221, addressed to the user whose modes they are, so that it tells whose; 008 of an operator's own.
pub(super) fn show(cx: &mut Cx<'_>, user: UserId) {
    let (nick, modes) = (cx.state().users[user].nick.as_str().to_owned(), cx.state().users[user].modes);
    cx.reply_addressed(&nick, RPL_UMODEIS, &[&modes.to_string()], Text::None);
    if user == cx.me() && modes.has('s') {
        show_snomasks(cx);
    }
}

/// Chooses the server notices that the user being served reads; 008.
pub fn set_snomasks(cx: &mut Cx<'_>, masks: Letters) {
    if masks != cx.user().snomasks {
        let user = cx.me();
        cx.commit(Fact::OperAction(OperAction::Snomasks { user, masks }));
    }
    show_snomasks(cx);
}

fn show_snomasks(cx: &mut Cx<'_>) {
    let masks = cx.user().snomasks.to_string();
    cx.reply(RPL_SNOMASKIS, &[&masks], Text::Said(Phrase::SNOMASKS_ARE, &[]));
}

/// Switches modes of any user that the user could switch, too. What was changed is shown to the operator, who
/// need not be that user; if nothing was, the modes are.
pub fn force(cx: &mut Cx<'_>, user: UserId, changes: &str) {
    let modes = cx.state().users[user].modes;
    let (mut on, mut off, mut adding, mut refused) = (Letters::default(), Letters::default(), true, false);
    for letter in changes.chars() {
        match letter {
            '+' => adding = true,
            '-' => adding = false,
            _ if SETTABLE.contains(letter) => {
                on.set(letter, adding && !modes.has(letter));
                off.set(letter, !adding && modes.has(letter));
            }
            _ => {
                refused = true;
                unknown(cx, letter);
            }
        }
    }
    if on != Letters::default() || off != Letters::default() {
        cx.commit(Fact::UserModesChanged { user, on, off });
        if user != cx.me() {
            announce::show_user_modes(cx, user, on, off);
        }
    } else if !refused {
        show(cx, user);
    }
}

/// 472
fn unknown(cx: &mut Cx<'_>, letter: char) {
    let letter = letter.to_string();
    cx.reply(ERR_UNKNOWNMODE, &[&letter], Text::Said(Phrase::UNKNOWN_MODE, &[]));
}

//! MODE for a nick: the user's own modes.

use crate::engine::announce::{self, snomask};
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::state::fact::OperAction;
use crate::state::{Fact, Letters, UserId};
use crate::wire::numeric::{ERR_UNKNOWNMODE, RPL_SNOMASKIS, RPL_UMODEIS};
use crate::wire::{Message, Text};

/// Modes that users can change: bot, roleplay, messages from logged-in users only, no CTCP, invisible.
pub(super) const SETTABLE: &str = "BERTi";
/// Modes that the server sets. Operators can remove `o`.
const AUTOMATIC: &str = "Zo";

/// Shows modes (221), or changes them.
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
    let (mut adding, mut removes_oper) = (true, false);
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
            'o' if !adding => removes_oper = modes.has('o'),
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
    if removes_oper {
        super::oper::drop_oper(cx, user);
    }
    if !changes_modes && masks.is_none() && !removes_oper && !refused {
        // If nothing changed, the client sees the current modes.
        show(cx, user);
    }
    Ok(())
}

/// Sends the modes of a user (221, addressed to that user, so that the operator sees whose they are), and the
/// snomasks of the user being served (008).
pub(super) fn show(cx: &mut Cx<'_>, user: UserId) {
    let (nick, modes) = (cx.state().users[user].nick.as_str().to_owned(), cx.state().users[user].modes);
    cx.reply_addressed(&nick, RPL_UMODEIS, &[&modes.to_string()], Text::None);
    if user == cx.me() && modes.has('s') {
        show_snomasks(cx);
    }
}

/// Sets the snomasks of the user being served, and sends 008.
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

/// Changes modes of any user, limited to those that the user could change. The operator sees the changes or,
/// if there are none, the current modes.
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

/// Sends 472.
fn unknown(cx: &mut Cx<'_>, letter: char) {
    let letter = letter.to_string();
    cx.reply(ERR_UNKNOWNMODE, &[&letter], Text::Said(Phrase::UNKNOWN_MODE, &[]));
}

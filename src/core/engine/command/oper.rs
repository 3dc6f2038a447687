//! OPER and DEOPER: grants and removes operator status.

use serde::{Deserialize, Serialize};

use crate::config::{self, Config, LogType};
use crate::engine::announce::snomask;
use crate::engine::border::{HashJob, JobAnswer, Level};
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::turn::Turn;
use crate::engine::context::waiting::Resume;
use crate::engine::door::host;
use crate::i18n::Phrase;
use crate::state::fact::OperAction;
use crate::state::user::Oper;
use crate::state::{Fact, Letters, UserId};
use crate::wire::numeric::{ERR_UNKNOWNERROR, RPL_YOUREOPER};
use crate::wire::{Message, Text};

use super::Command;
use super::umode::{self, SETTABLE};

pub(super) const OPER: Command =
    Command::new("OPER", oper).params(1).help("<name> [<password>]: logs you in as an IRC operator");

pub(super) const DEOPER: Command = Command::new("DEOPER", deoper).help("removes your IRC operator status");

fn oper(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    if cx.user().oper.is_some() {
        cx.reply(ERR_UNKNOWNERROR, &["OPER"], Text::Said(Phrase::ALREADY_OPER, &[]));
        return Ok(());
    }
    let wait_ms = cx.served().oper_again_mono_ms.saturating_sub(cx.now.mono_ms);
    if wait_ms > 0 {
        let text = Text::Said(Phrase::OPER_THROTTLED, &[&wait_ms.div_ceil(1000).to_string()]);
        cx.reply(ERR_UNKNOWNERROR, &["OPER"], text);
        return Ok(());
    }
    let opers = &cx.config().opers;
    let (name, entry) = (m.param(0), find_entry(cx.config(), m.param(0)));
    if let Some(entry) = entry.filter(|entry| needs_no_password(cx, entry)) {
        grant(cx, name, entry);
        return Ok(());
    }
    // A password is compared even if there is no such entry, so that timing does not reveal names.
    let own = entry.and_then(|entry| entry.password.as_ref());
    let Some(hash) = own.or_else(|| opers.values().find_map(|entry| entry.password.as_ref())) else {
        return refuse(cx, name);
    };
    let job = HashJob::VerifyPassword { hash: hash.clone(), password: m.param(1).to_owned() };
    cx.ask(job, PasswordCompared { name: name.to_owned() });
    Ok(())
}

/// Waits for the comparison with the password of the entry, or with another one if there is no such entry.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct PasswordCompared {
    /// The name of the entry in `opers`, as given by the client.
    name: String,
}

impl Resume for PasswordCompared {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let name = &self.name;
        let entry = find_entry(cx.config(), name);
        match (answer, entry.filter(|entry| entry.password.is_some() && has_certificate(cx, entry))) {
            (JobAnswer::Password(true), Some(entry)) => {
                grant(cx, name, entry);
                Ok(())
            }
            (JobAnswer::Password(_), _) => refuse(cx, name),
            _ => {
                cx.reply(ERR_UNKNOWNERROR, &["OPER"], Text::Said(Phrase::SERVER_BUSY, &[]));
                Ok(())
            }
        }
    }
}

/// Makes the user being served an operator without OPER, if an entry with `auto` requires only the
/// certificate that the session has presented.
pub fn by_certificate(cx: &mut Cx<'_>) {
    let mut opers = cx.config().opers.iter();
    if let Some((name, entry)) = opers.find(|(_, entry)| entry.auto && needs_no_password(cx, entry)) {
        grant(cx, name, entry);
    }
}

/// Finds an entry of `opers` by name, ignoring case.
fn find_entry<'c>(config: &'c Config, name: &str) -> Option<&'c config::Oper> {
    config.opers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, entry)| entry)
}

/// Whether the entry requires only a certificate, and the session has presented it.
fn needs_no_password(cx: &Cx<'_>, entry: &config::Oper) -> bool {
    entry.password.is_none() && entry.certfp.is_some() && has_certificate(cx, entry)
}

/// Whether the session has presented the certificate that the entry requires, if any.
fn has_certificate(cx: &Cx<'_>, entry: &config::Oper) -> bool {
    entry.certfp.is_none() || entry.certfp.as_deref() == cx.served().door.certfp.as_deref()
}

fn refuse(cx: &mut Cx<'_>, name: &str) -> Outcome {
    let text = format!("OPER as {name} failed for {}", cx.user().source());
    cx.note(Level::Info, LogType::Opers, text);
    let again_mono_ms = cx.now.mono_ms + cx.config().server.oper_throttle.as_millis() as u64;
    cx.commit(Fact::OperFailed { session: cx.session, again_mono_ms });
    Err(Refusal::NoOperatorHere(name.to_owned()))
}

fn grant(cx: &mut Cx<'_>, name: &str, entry: &config::Oper) {
    let user = cx.me();
    let text = format!("{} became an operator as {name}", cx.user().source());
    cx.note(Level::Info, LogType::Opers, text);
    host::renew_for_oper(cx, user, Some(name));
    cx.reply(RPL_YOUREOPER, &[], Text::Said(Phrase::YOU_ARE_OPER, &[]));
    let oper = Box::new(oper_of(cx.config(), name, entry));
    cx.commit(Fact::OperChanged { user, oper: Some(oper) });
    let (on, off) = mode_changes(&entry.modes, cx.user().modes);
    if on != Letters::default() || off != Letters::default() {
        cx.commit(Fact::UserModesChanged { user, on, off });
    }
    let masks = entry.modes.split_once(' ').map_or("", |(_, masks)| masks);
    if !masks.is_empty() && cx.user().may("snomasks") {
        umode::set_snomasks(cx, snomask::changed(Letters::default(), masks, true));
    }
}

/// Returns the operator that an entry defines.
fn oper_of(config: &Config, name: &str, entry: &config::Oper) -> Oper {
    let rights = config.class_of(entry).into_iter().flat_map(|class| &class.capabilities);
    Oper {
        name: name.into(),
        title: entry.whois_line.as_str().into(),
        hidden: entry.hidden,
        capabilities: rights.map(|right| right.as_str().into()).collect(),
    }
}

/// Applies a changed configuration to an operator: updates the rights, or removes operator status if the
/// entry no longer exists.
pub fn renew(turn: &mut Turn<'_>, user: UserId) {
    let Some(name) = turn.state().users[user].oper.as_ref().map(|oper| oper.name.clone()) else { return };
    let config = turn.config();
    let Some(entry) = find_entry(config, &name) else { return drop_oper(turn, user) };
    let oper = oper_of(config, &name, entry);
    if turn.state().users[user].oper.as_deref() != Some(&oper) {
        turn.commit(Fact::OperAction(OperAction::Renewed { user, oper: Box::new(oper) }));
    }
    host::renew(turn, user);
    let user_now = &turn.state().users[user];
    if user_now.modes.has('s') && !user_now.may("snomasks") {
        disable_snomasks(turn, user);
    }
}

/// Returns the modes that an entry's `modes` adds to and removes from `current`. Only the first word counts;
/// the second contains snomasks.
fn mode_changes(modes: &str, current: Letters) -> (Letters, Letters) {
    let (mut on, mut off, mut adding) = (Letters::default(), Letters::default(), true);
    for letter in modes.split(' ').next().unwrap_or("").chars() {
        match letter {
            '+' => adding = true,
            '-' => adding = false,
            _ if SETTABLE.contains(letter) => {
                on.set(letter, adding && !current.has(letter));
                off.set(letter, !adding && current.has(letter));
            }
            _ => {}
        }
    }
    (on, off)
}

fn deoper(cx: &mut Cx<'_>, _: &Message<'_>) -> Outcome {
    if cx.user().oper.is_none() {
        return Err(Refusal::NotOperator);
    }
    let user = cx.me();
    drop_oper(cx, user);
    Ok(())
}

/// Removes operator status, and the host that came with it.
pub fn drop_oper(turn: &mut Turn<'_>, user: UserId) {
    let text = format!("{} is no longer an operator", turn.state().users[user].source());
    turn.note(Level::Info, LogType::Opers, text);
    host::renew_for_oper(turn, user, None);
    if turn.state().users[user].modes.has('s') {
        disable_snomasks(turn, user);
    }
    turn.commit(Fact::OperChanged { user, oper: None });
}

fn disable_snomasks(turn: &mut Turn<'_>, user: UserId) {
    turn.commit(Fact::OperAction(OperAction::Snomasks { user, masks: Letters::default() }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_changes_settable_modes_only() {
        let (on, off) = mode_changes("+Bsx-iT acdj", Letters::of("i"));
        assert_eq!((on.to_string(), off.to_string()), ("+B".to_owned(), "+i".to_owned()));
        assert_eq!(mode_changes("", Letters::of("i")), (Letters::default(), Letters::default()));
    }
}

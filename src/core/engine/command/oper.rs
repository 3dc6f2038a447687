//! OPER and DEOPER: becomes an operator, or stops being one.

use serde::{Deserialize, Serialize};

use crate::config::{self, Config};
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
    let (name, keys) = (m.param(0), entry(cx.config(), m.param(0)));
    if let Some(keys) = keys.filter(|keys| needs_no_password(cx, keys)) {
        grant(cx, name, keys);
        return Ok(());
    }
    // Whatever the name, a password is compared, so that time does not tell which names there are.
    let own = keys.and_then(|keys| keys.password.as_ref());
    let Some(hash) = own.or_else(|| opers.values().find_map(|keys| keys.password.as_ref())) else {
        return refuse(cx, name);
    };
    let job = HashJob::VerifyPassword { hash: hash.clone(), password: m.param(1).to_owned() };
    cx.ask(job, PasswordCompared { name: name.to_owned() });
    Ok(())
}

/// The password was compared: with that of the entry, or, if there is no such entry, with another.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct PasswordCompared {
    /// The entry of `opers`, as it was written.
    name: String,
}

impl Resume for PasswordCompared {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let name = &self.name;
        let keys = entry(cx.config(), name);
        match (answer, keys.filter(|keys| keys.password.is_some() && has_certificate(cx, keys))) {
            (JobAnswer::Password(true), Some(keys)) => {
                grant(cx, name, keys);
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

/// Makes a user with the right certificate an operator without being asked.
pub fn by_certificate(cx: &mut Cx<'_>) {
    let mut opers = cx.config().opers.iter();
    if let Some((name, keys)) = opers.find(|(_, keys)| keys.auto && needs_no_password(cx, keys)) {
        grant(cx, name, keys);
    }
}

/// Finds an entry of `opers` by name, without case.
fn entry<'c>(config: &'c Config, name: &str) -> Option<&'c config::Oper> {
    config.opers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, keys)| keys)
}

/// Whether the certificate, which the session shows, is all that the entry demands.
fn needs_no_password(cx: &Cx<'_>, keys: &config::Oper) -> bool {
    keys.password.is_none() && keys.certfp.is_some() && has_certificate(cx, keys)
}

/// Whether the session shows the certificate that the entry demands, if it does.
fn has_certificate(cx: &Cx<'_>, keys: &config::Oper) -> bool {
    keys.certfp.is_none() || keys.certfp.as_deref() == cx.served().door.certfp.as_deref()
}

fn refuse(cx: &mut Cx<'_>, name: &str) -> Outcome {
    let text = format!("OPER as {name} failed for {}", cx.user().source());
    cx.note(Level::Info, "opers", text);
    let again_mono_ms = cx.now.mono_ms + cx.config().server.oper_throttle.as_millis() as u64;
    cx.commit(Fact::OperFailed { session: cx.session, again_mono_ms });
    Err(Refusal::NoOperatorHere(name.to_owned()))
}

fn grant(cx: &mut Cx<'_>, name: &str, keys: &config::Oper) {
    let user = cx.me();
    let text = format!("{} is an operator now, as {name}", cx.user().source());
    cx.note(Level::Info, "opers", text);
    host::renew_for_oper(cx, user, Some(name));
    cx.reply(RPL_YOUREOPER, &[], Text::Said(Phrase::YOU_ARE_OPER, &[]));
    let oper = Box::new(described(cx.config(), name, keys));
    cx.commit(Fact::OperChanged { user, oper: Some(oper) });
    let (on, off) = mode_changes(&keys.modes, cx.user().modes);
    if on != Letters::default() || off != Letters::default() {
        cx.commit(Fact::UserModesChanged { user, on, off });
    }
    let masks = keys.modes.split_once(' ').map_or("", |(_, masks)| masks);
    if !masks.is_empty() && cx.user().may("snomasks") {
        umode::set_snomasks(cx, snomask::changed(Letters::default(), masks, true));
    }
}

/// What an entry makes of a user.
fn described(config: &Config, name: &str, keys: &config::Oper) -> Oper {
    let rights = config.class_of(keys).into_iter().flat_map(|class| &class.capabilities);
    Oper {
        name: name.into(),
        title: keys.whois_line.as_str().into(),
        hidden: keys.hidden,
        capabilities: rights.map(|right| right.as_str().into()).collect(),
    }
}

/// The configuration has changed: an operator has the rights of the entry as it is now, and is none
/// without it.
pub fn renew(turn: &mut Turn<'_>, user: UserId) {
    let Some(name) = turn.state().users[user].oper.as_ref().map(|oper| oper.name.clone()) else { return };
    let config = turn.config();
    let Some(keys) = entry(config, &name) else { return drop_oper(turn, user) };
    let oper = described(config, &name, keys);
    if turn.state().users[user].oper.as_deref() != Some(&oper) {
        turn.commit(Fact::OperAction(OperAction::Renewed { user, oper: Box::new(oper) }));
    }
    host::renew(turn, user);
    let there = &turn.state().users[user];
    if there.modes.has('s') && !there.may("snomasks") {
        disable_snomasks(turn, user);
    }
}

/// What an entry's `modes` switches on and off for a user who has `current`. What follows the first
/// word belongs to server notices.
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

/// Ends being an operator; the host that came with it goes, too.
pub fn drop_oper(turn: &mut Turn<'_>, user: UserId) {
    let text = format!("{} is no operator any more", turn.state().users[user].source());
    turn.note(Level::Info, "opers", text);
    host::renew_for_oper(turn, user, None);
    if turn.state().users[user].modes.has('s') {
        disable_snomasks(turn, user);
    }
    turn.commit(Fact::OperChanged { user, oper: None });
}

/// No server notices any more.
fn disable_snomasks(turn: &mut Turn<'_>, user: UserId) {
    turn.commit(Fact::OperAction(OperAction::Snomasks { user, masks: Letters::default() }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_of_an_entry() {
        let (on, off) = mode_changes("+Bsx-iT acdj", Letters::of("i"));
        assert_eq!((on.to_string(), off.to_string()), ("+B".to_owned(), "+i".to_owned()));
        assert_eq!(mode_changes("", Letters::of("i")), (Letters::default(), Letters::default()));
    }
}

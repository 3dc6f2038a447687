//! SAJOIN, SAMODE and SANICK: server operators override the rules of channels and users.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy::{self, NickClaim};
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::wire::{Message, Text};

use super::{Command, join, mode, umode};

pub(super) const SAJOIN: Command = Command::new("SAJOIN", sajoin).params(1).right("sajoin").help(
    "[<nick>] <channel>{,<channel>}: joins channels, or makes a user join them, bypassing all \
     restrictions",
);

pub(super) const SAMODE: Command = Command::new("SAMODE", samode)
    .params(1)
    .right("samode")
    .help("<target> [<changes> [<parameters>]]: shows or changes modes of any channel or user");

pub(super) const SANICK: Command =
    Command::new("SANICK", sanick).params(2).right("samode").help("<nick> <new nick>: changes a user's nick");

fn sajoin(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let (user, channels) = match (m.param(0).starts_with('#'), m.param_opt(1)) {
        (true, _) => (cx.me(), m.param(0)),
        (false, Some(channels)) => (cx.find_user(m.param(0))?, channels),
        (false, None) => return Err(Refusal::NeedMoreParams("SAJOIN".into())),
    };
    report_use(cx, m);
    for name in channels.split(',').filter(|name| !name.is_empty()) {
        if let Err(refusal) = join::force(cx, user, name) {
            refusal.say(cx);
        }
    }
    Ok(())
}

fn samode(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    if m.param(0).starts_with('#') {
        let channel = cx.find_channel(m.param(0))?;
        if mode::is_query(m.param_opt(1)) {
            mode::show(cx, channel);
            return Ok(());
        }
        report_use(cx, m);
        return mode::force(cx, channel, &m.params()[1..]);
    }
    let user = cx.find_user(m.param(0))?;
    let Some(changes) = m.param_opt(1) else {
        umode::show(cx, user);
        return Ok(());
    };
    report_use(cx, m);
    umode::force(cx, user, changes);
    Ok(())
}

fn sanick(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let (old, new) = (m.param(0), m.param(1));
    let user = cx.find_user(old).map_err(|_| fail("NO_SUCH_NICKNAME", old, Phrase::NO_SUCH_NICK))?;
    let account = cx.state().users[user].account.as_ref();
    let account = account.and_then(|name| cx.state().accounts.get(name.key())).map(|account| &**account);
    let nick = match policy::claim_nick(cx.setup, cx.state(), new, account, Some(user)) {
        Ok(NickClaim::Take(nick)) => nick,
        Err(Refusal::NickInUse(_)) => {
            return Err(fail("NICKNAME_IN_USE", new, Phrase::NICKNAME_IN_USE));
        }
        Err(Refusal::NickReserved(_)) => {
            return Err(fail("NICKNAME_RESERVED", new, Phrase::NICKNAME_RESERVED));
        }
        Err(Refusal::ErroneousNickname(_)) => {
            return Err(fail("NICKNAME_INVALID", new, Phrase::ERRONEOUS_NICKNAME));
        }
        Ok(NickClaim::Attach(_)) | Err(_) => {
            return Err(fail("UNKNOWN_ERROR", new, Phrase::NICK_CANNOT_CHANGE));
        }
    };
    if cx.state().users[user].nick.as_str() == nick.as_str() {
        cx.reply_command("NOTE", &["SANICK", "NOOP"], Text::Said(Phrase::NICK_IS_THE_SAME, &[]));
        return Ok(());
    }
    report_use(cx, m);
    let me = cx.me();
    let source = cx.state().users[user].source().to_owned();
    let new = nick.as_str().to_owned();
    let sees = user == me || policy::is_notified_of(cx.state(), me, user);
    cx.commit(Fact::NickChanged { user, nick });
    if !sees {
        // The operator sees the change like the user's peers.
        cx.reply_from(&source, "NICK", &[], Text::Plain(&new));
    }
    Ok(())
}

fn fail(code: &'static str, context: &str, text: Phrase) -> Refusal {
    let context = if context.is_empty() || context.contains(' ') { "*" } else { context };
    Refusal::Fail { command: "SANICK", code, context: vec![context.to_owned()], text }
}

/// Logs the command and notifies other operators of it.
fn report_use(cx: &mut Cx<'_>, m: &Message<'_>) {
    let name = cx.oper_name();
    let ran = format!("{} {}", m.command.to_ascii_uppercase(), m.params().join(" "));
    cx.oper_did(Phrase::OPER_RAN, &[&name, &ran]);
}

//! USER and PASS: who is connecting.

use serde::{Deserialize, Serialize};

use crate::auth::{Login, MalformedLogin};
use crate::engine::account::login::{self, LoginRefused};
use crate::engine::border::JobAnswer;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::waiting::Resume;
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::fact::Introduction;
use crate::state::session::Password;
use crate::text::{ident, truncate};
use crate::wire::numeric::{ERR_INVALIDUSERNAME, RPL_SASLSUCCESS};
use crate::wire::{Message, Text};

use super::Command;

pub(super) const USER: Command = Command::new("USER", user)
    .params(4)
    .before_registration()
    .help("<username> 0 * :<realname>: sets the username and real name when connecting");

pub(super) const PASS: Command = Command::new("PASS", pass).params(1).before_registration().help(
    "<password> | <account>[@<device>]:<password>: sends the server password, or logs in; before \
     NICK and USER",
);

fn user(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let registering = cx.served().registering().ok_or(Refusal::AlreadyRegistered)?;
    if registering.user.is_some() {
        return Err(Refusal::AlreadyRegistered);
    }
    let realname = m.param(3);
    if realname.is_empty() {
        return Err(Refusal::NeedMoreParams("USER".into()));
    }
    let limits = &cx.config().limits;
    let login = split_login(m.param(0)).ok();
    // One byte is for the `~`.
    let username_bytes_max = limits.identlen.saturating_sub(1).max(1);
    let login = login.and_then(|(who, passphrase)| {
        let username = ident(&who.account, username_bytes_max)?;
        Some((who, passphrase, username))
    });
    let Some((who, passphrase, username)) = login else {
        cx.reply(ERR_INVALIDUSERNAME, &[], Text::Said(Phrase::MALFORMED_USERNAME, &[]));
        return Err(Refusal::Said);
    };
    let realname = match limits.realnamelen {
        0 => realname,
        bytes_max => truncate(realname, bytes_max),
    };
    let said = Introduction::User { username: &username, realname };
    cx.commit(Fact::Introduced { session: cx.session, said });
    if let Some(device) = &who.device {
        cx.commit(Fact::Introduced { session: cx.session, said: Introduction::Device(device) });
    }
    if let Some(passphrase) = passphrase {
        log_in(cx, Ok(who), passphrase);
    }
    Ok(())
}

/// Splits `user`, `user@device`, `user@device:password` and `user:password@device`: clients without SASL log
/// in by the user name.
fn split_login(raw: &str) -> Result<(Login, Option<&str>), MalformedLogin> {
    match (raw.find(':'), raw.find('@')) {
        (Some(colon), at) if at.is_none_or(|at| colon < at) => {
            let (passphrase, device) = raw[colon + 1..].rsplit_once('@').unwrap_or((&raw[colon + 1..], ""));
            Ok((Login::new(&raw[..colon], device)?, Some(passphrase)))
        }
        (Some(colon), _) => Ok((Login::parse(&raw[..colon])?, Some(&raw[colon + 1..]))),
        (None, _) => Ok((Login::parse(raw)?, None)),
    }
}

fn pass(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let registering = cx.served().registering().ok_or(Refusal::AlreadyRegistered)?;
    // Only the first counts.
    if registering.password == Password::Missing {
        let said = Introduction::Password(m.param(0));
        cx.commit(Fact::Introduced { session: cx.session, said });
        if let Some((who, passphrase)) = m.param(0).split_once(':') {
            log_in(cx, Login::parse(who), passphrase);
        }
    }
    Ok(())
}

/// Logs in with an account and passphrase that were sent in another parameter, where that is possible.
fn log_in(cx: &mut Cx<'_>, who: Result<Login, MalformedLogin>, passphrase: &str) {
    if !cx.config().accounts.login_via_pass_command || cx.account().is_some() {
        return;
    }
    let Ok(who) = who else { return refuse_login(cx, LoginRefused::Wrong) };
    match login::attempt(cx, &who.account, passphrase) {
        Ok(job) => cx.ask(job, PassPassphraseChecked(who)),
        Err(refused) => refuse_login(cx, refused),
    }
}

/// A login by PASS or USER was checked.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct PassPassphraseChecked(Login);

impl Resume for PassPassphraseChecked {
    fn resume(self: Box<Self>, cx: &mut Cx<'_>, answer: &JobAnswer) -> Outcome {
        let permit = login::verdict(cx, &self.0.account, answer);
        match permit.and_then(|permit| login::log_in(cx, permit, self.0.device.as_deref())) {
            Ok(()) => cx.reply(RPL_SASLSUCCESS, &[], Text::Said(Phrase::SASL_SUCCESS, &[])),
            Err(refused) => refuse_login(cx, refused),
        }
        Ok(())
    }
}

/// Where the server has a password, PASS may have been that one, which is not judged yet. The client did not
/// start SASL, so it hears of the failure by NOTICE: some disconnect at a 904.
fn refuse_login(cx: &mut Cx<'_>, refused: LoginRefused) {
    if cx.config().server.password.is_none() {
        let (phrase, args) = refused.phrase();
        let (nick, args) = (cx.nick().to_owned(), args.iter().map(String::as_str).collect::<Vec<_>>());
        cx.reply_command("NOTICE", &[&nick], Text::Said(phrase, &args));
    }
}

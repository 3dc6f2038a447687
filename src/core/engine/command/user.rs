//! USER and PASS: introduces the connecting user, and sends a password.

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
    "<password> | <account>[@<device>]:<password>: sends the server password, or logs in; must come \
     before NICK and USER",
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
    // One byte is reserved for the `~`.
    let username_bytes_max = limits.identlen.saturating_sub(1).max(1);
    let parsed = login.and_then(|(login, passphrase)| {
        let username = ident(&login.account, username_bytes_max)?;
        Some((login, passphrase, username))
    });
    let Some((login, passphrase, username)) = parsed else {
        cx.reply(ERR_INVALIDUSERNAME, &[], Text::Said(Phrase::MALFORMED_USERNAME, &[]));
        return Err(Refusal::Said);
    };
    let realname = match limits.realnamelen {
        0 => realname,
        bytes_max => truncate(realname, bytes_max),
    };
    let said = Introduction::User { username: &username, realname };
    cx.commit(Fact::Introduced { session: cx.session, said });
    if let Some(device) = &login.device {
        cx.commit(Fact::Introduced { session: cx.session, said: Introduction::Device(device) });
    }
    if let Some(passphrase) = passphrase {
        log_in(cx, Ok(login), passphrase);
    }
    Ok(())
}

/// Splits `user`, `user@device`, `user@device:password` and `user:password@device`. Clients without SASL can
/// log in with the username.
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
    // Only the first PASS counts.
    if registering.password == Password::Missing {
        let said = Introduction::Password(m.param(0));
        cx.commit(Fact::Introduced { session: cx.session, said });
        if let Some((login, passphrase)) = m.param(0).split_once(':') {
            log_in(cx, Login::parse(login), passphrase);
        }
    }
    Ok(())
}

/// Logs in with an account and passphrase sent by PASS or USER, if the configuration allows it.
fn log_in(cx: &mut Cx<'_>, login: Result<Login, MalformedLogin>, passphrase: &str) {
    if !cx.config().accounts.login_via_pass_command || cx.account().is_some() {
        return;
    }
    let Ok(login) = login else { return refuse_login(cx, LoginRefused::Wrong) };
    match login::attempt(cx, &login.account, passphrase) {
        Ok(job) => cx.ask(job, PassPassphraseChecked(login)),
        Err(refused) => refuse_login(cx, refused),
    }
}

/// Waits for the check of a login by PASS or USER.
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

/// Reports a failed login by NOTICE, because the client did not start SASL, and some clients disconnect at a
/// 904. If the server has a password, sends nothing: PASS may contain that password, which is checked later.
fn refuse_login(cx: &mut Cx<'_>, refused: LoginRefused) {
    if cx.config().server.password.is_none() {
        let (phrase, args) = refused.phrase();
        let (nick, args) = (cx.nick().to_owned(), args.iter().map(String::as_str).collect::<Vec<_>>());
        cx.reply_command("NOTICE", &[&nick], Text::Said(phrase, &args));
    }
}

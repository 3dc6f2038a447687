//! USER and PASS: who is connecting.

use crate::engine::cx::Cx;
use crate::engine::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::fact::Introduction;
use crate::state::session::Password;
use crate::text::{ident, truncate};
use crate::wire::numeric::ERR_INVALIDUSERNAME;
use crate::wire::{Message, Text};

use super::{Command, When};

pub(super) const USER: Command = Command {
    name: "USER",
    params_min: 4,
    when: When::Always,
    right: None,
    help: "<username> 0 * :<realname>: says who is connecting",
    run: user,
};

pub(super) const PASS: Command = Command {
    name: "PASS",
    params_min: 1,
    when: When::Always,
    right: None,
    help: "<password>: gives the server's password; before NICK and USER",
    run: pass,
};

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
    // One byte is for the `~`.
    let Some(username) = ident(m.param(0), limits.identlen.saturating_sub(1).max(1)) else {
        cx.reply(ERR_INVALIDUSERNAME, &[], Text::Said(Phrase::MALFORMED_USERNAME, &[]));
        return Err(Refusal::Said);
    };
    let realname = match limits.realnamelen {
        0 => realname,
        bytes_max => truncate(realname, bytes_max),
    };
    let said = Introduction::User { username: &username, realname };
    cx.commit(Fact::Introduced { session: cx.session, said });
    Ok(())
}

fn pass(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let registering = cx.served().registering().ok_or(Refusal::AlreadyRegistered)?;
    // Only the first counts.
    if registering.password == Password::Missing {
        let said = Introduction::Password(m.param(0));
        cx.commit(Fact::Introduced { session: cx.session, said });
    }
    Ok(())
}

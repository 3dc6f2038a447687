//! KILL: an operator disconnects a user.

use crate::config::LogType;
use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::i18n::Phrase;
use crate::state::{Fact, UserId};
use crate::text::truncate;
use crate::wire::numeric::ERR_UNKNOWNERROR;
use crate::wire::{Message, Text};

use super::Command;

pub(super) const KILL: Command = Command::new("KILL", kill)
    .params(1)
    .right("kill")
    .help("<nick> [<reason>]: disconnects a user from the network");

fn kill(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let user = cx.find_user(m.param(0))?;
    let none = cx.setup.said(Phrase::NO_REASON, &[]);
    let reason = m.param_opt(1).filter(|reason| !reason.is_empty()).unwrap_or(&none);
    let reason = truncate(reason, cx.config().limits.kicklen);
    let (killer, killed) = (cx.nick(), cx.state().users[user].source());
    let text = format!("{killer} killed {killed}: {reason}");
    cx.note(Level::Info, LogType::Opers, text);
    if cx.state().users[user].always_on {
        disconnect(cx, user, reason);
    } else {
        cx.commit(Fact::Killed { by: cx.me(), user, reason });
    }
    Ok(())
}

/// Disconnects the clients of a user who is always-on and so stays on the network.
fn disconnect(cx: &mut Cx<'_>, user: UserId, reason: &str) {
    let (killer, killed) = (cx.nick().to_owned(), cx.state().users[user].nick.as_str().to_owned());
    cx.oper_did(Phrase::OPER_DISCONNECTED, &[&killer, &killed, reason]);
    cx.reply(ERR_UNKNOWNERROR, &["KILL"], Text::Said(Phrase::KILLED_STAYS, &[&killed]));
    let mut sessions = cx.state().users[user].sessions.to_vec();
    // The session being served comes last, so that it still receives the replies.
    sessions.sort_by_key(|&session| session == cx.session);
    for session in sessions {
        let reason = cx.setup.said(Phrase::KILLED, &[&killer, reason]);
        cx.disconnect(session, &reason);
    }
}

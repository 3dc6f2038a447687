//! NICK: sets or changes the nick.

use crate::config::LogType;
use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy::{self, NickClaim};
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::fact::Introduction;
use crate::wire::numeric::ERR_UNKNOWNERROR;
use crate::wire::{Message, Text};

use super::Command;

pub(super) const NICK: Command =
    Command::new("NICK", nick).before_registration().help("<nick>: sets or changes your nickname");

fn nick(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let raw = m.param(0).trim();
    if raw.is_empty() {
        return Err(Refusal::NoNickGiven);
    }
    let me = cx.served().user();
    let forbidden = cx.config().accounts.nick_reservation.forbid_anonymous_nick_changes;
    if me.is_some() && cx.account().is_none() && forbidden {
        cx.reply(ERR_UNKNOWNERROR, &["NICK"], Text::Said(Phrase::GUESTS_KEEP_NICKS, &[]));
        return Err(Refusal::Said);
    }
    let Some(user) = me else {
        // The claim is decided when registration completes, as the client may log in before.
        let negotiating = cx.served().registering().is_some_and(|registering| registering.negotiating);
        let nick = match policy::claim_nick(cx.setup, cx.state(), raw, cx.account(), None) {
            Ok(NickClaim::Take(nick)) => nick,
            Ok(NickClaim::Attach(user)) => cx.state().users[user].nick.clone(),
            // Most clients send NICK before they log in with SASL.
            Err(Refusal::NickInUse(_) | Refusal::NickReserved(_)) if negotiating => cx
                .setup
                .mapping
                .nick(raw, cx.config().limits.nicklen)
                .map_err(|_| Refusal::ErroneousNickname(raw.to_owned()))?,
            Err(refusal) => return Err(refusal),
        };
        cx.commit(Fact::Introduced { session: cx.session, said: Introduction::Nick(nick) });
        return Ok(());
    };
    let NickClaim::Take(nick) = policy::claim_nick(cx.setup, cx.state(), raw, cx.account(), me)? else {
        return Ok(());
    };
    if cx.user().nick.as_str() != nick.as_str() {
        let text = format!("{} changed nickname to {}", cx.user().nick.as_str(), nick.as_str());
        cx.note(Level::Debug, LogType::Nick, text);
        cx.commit(Fact::NickChanged { user, nick });
    }
    Ok(())
}

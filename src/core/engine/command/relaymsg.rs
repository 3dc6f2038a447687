//! RELAYMSG: messages that bridges relay for users of other networks (draft/relaymsg).

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy;
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::fact::{Said, SpeechKind, SpeechTarget};
use crate::wire::Message;
use crate::wire::outgoing::RELAYED_BY;

use super::{Command, message};

/// The username of relayed users, unless `server.coerce-ident` is set.
const USERNAME: &str = "~u";

pub(super) const RELAYMSG: Command = Command::new("RELAYMSG", relaymsg)
    .params(3)
    .help("<channel> <nickname> :<text>: relays a message from a user of another network");

/// Handles RELAYMSG. Errors: 403, 404, `FAIL RELAYMSG`.
fn relaymsg(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let (nick, text) = (m.param(1), m.param(2));
    let config = cx.config();
    if !config.server.relaymsg.enabled {
        return Err(fail("NOT_ENABLED", Phrase::RELAYMSG_DISABLED));
    }
    let channel = cx.find_channel(m.param(0))?;
    if !policy::may_relay(config, cx.state(), cx.me(), channel) {
        return Err(fail("PRIVS_NEEDED", Phrase::RELAYMSG_PRIVS_NEEDED));
    }
    if text.trim().is_empty() {
        return Err(fail("BLANK_MSG", Phrase::RELAYMSG_BLANK));
    }
    let key = cx.setup.mapping.nick_key(nick).ok().filter(|_| policy::is_relayed(config, nick));
    let Some(key) = key else { return Err(fail("INVALID_NICK", Phrase::RELAYMSG_INVALID_NICK)) };
    if policy::is_relay_muted(&cx.state().channels[channel], &key) {
        return Err(fail("BANNED", Phrase::RELAYMSG_BANNED));
    }
    message::check_ctcp(cx, channel, text)?;
    let username = config.server.coerce_ident.as_deref().unwrap_or(USERNAME);
    let source_override = format!("{nick}!{username}@{}", host(cx));
    let shown = cx.state().channels[channel].name.as_str().to_owned();
    let bytes_max = message::text_bytes_max(cx, &source_override, &shown, SpeechKind::Privmsg);
    let text = message::fit(cx, text, bytes_max)?;
    let mut client_tags = format!("{RELAYED_BY}{}", cx.nick());
    let given = message::relayed_tags(cx, m.tags);
    if !given.is_empty() {
        client_tags = format!("{client_tags};{given}");
    }
    let speech = Said {
        kind: SpeechKind::Privmsg,
        text,
        client_tags: &client_tags,
        source_override: Some(&source_override),
    };
    let to = SpeechTarget::Channel { channel, at_least: None, shown: &shown };
    cx.commit(Fact::Said { session: cx.session, by: cx.me(), to, what: speech });
    Ok(())
}

/// Returns the host of relayed users: the cloak of the bridge's account, which does not depend on the
/// bridge's address, or without an account the bridge's own host.
fn host(cx: &Cx<'_>) -> String {
    let account = cx.user().account.as_ref();
    let cloak = account.and_then(|account| cx.setup.cloak.of_account(account.as_str()));
    cloak.unwrap_or_else(|| cx.user().host().to_owned())
}

fn fail(code: &'static str, text: Phrase) -> Refusal {
    Refusal::Fail { command: "RELAYMSG", code, context: Vec::new(), text }
}

//! WHOWAS: shows recent users of a nick.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::setup::ResolvedConfig;
use crate::i18n::Phrase;
use crate::state::whowas::Former;
use crate::wire::numeric::{ERR_WASNOSUCHNICK, RPL_ENDOFWHOWAS, RPL_WHOWASIP, RPL_WHOWASUSER};
use crate::wire::{Message, Text};

use super::Command;

/// Maximum number of nicks in one command.
const NICKS_MAX: usize = 4;
/// Maximum number of entries for one nick, latest first.
const ENTRIES_MAX: usize = 100;

pub(super) const WHOWAS: Command = Command::new("WHOWAS", whowas)
    .params(1)
    .help("<nick>[,<nick>…] [<count>]: shows past users of a nick, newest first");

fn whowas(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    // A count that is not positive means all entries (RFC 2812, section 3.6.3).
    let count = m.param(1).parse().ok().filter(|&count: &usize| count > 0).unwrap_or(ENTRIES_MAX);
    for asked in m.param(0).split(',').take(NICKS_MAX) {
        show(cx, asked, count.min(ENTRIES_MAX));
    }
    Ok(())
}

fn show(cx: &mut Cx<'_>, asked: &str, count: usize) {
    let key = cx.setup.mapping.nick_key(asked).unwrap_or_default();
    let formers: Vec<Former> = cx.state().whowas.of(&key).take(count).cloned().collect();
    if formers.is_empty() {
        cx.reply(ERR_WASNOSUCHNICK, &[asked], Text::Said(Phrase::WAS_NO_SUCH_NICK, &[]));
    }
    for former in formers {
        let params = [&*former.nick, &former.username, &former.host, "*"];
        cx.reply(RPL_WHOWASUSER, &params, Text::Plain(&former.realname));
        if cx.user().may("ban") {
            let ip = ResolvedConfig::address_text(former.ip);
            cx.reply(RPL_WHOWASIP, &[&former.nick], Text::Said(Phrase::WHOWAS_IP, &[&ip]));
        }
    }
    cx.reply(RPL_ENDOFWHOWAS, &[asked], Text::Said(Phrase::END_OF_WHOWAS, &[]));
}

//! WHOWAS: who had a nick of late.

use crate::engine::cx::Cx;
use crate::engine::refusal::Outcome;
use crate::i18n::Phrase;
use crate::state::whowas::Former;
use crate::wire::numeric::{ERR_WASNOSUCHNICK, RPL_ENDOFWHOWAS, RPL_WHOWASUSER};
use crate::wire::{Message, Text};

use super::{Command, When};

/// Entries of one answer; the latest are shown.
const ENTRIES_MAX: usize = 100;

pub(super) const WHOWAS: Command = Command {
    name: "WHOWAS",
    params_min: 1,
    when: When::Registered,
    right: None,
    help: "<nick> [<count>]: shows who had a nick, the latest first",
    run: whowas,
};

fn whowas(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let asked = m.param(0);
    // A count that is not positive stands for all (RFC 2812, section 3.6.3).
    let count = m.param(1).parse().ok().filter(|&count: &usize| count > 0).unwrap_or(ENTRIES_MAX);
    let key = cx.setup.mapping.nick_key(asked).unwrap_or_default();
    let formers: Vec<Former> = cx.state().whowas.of(&key).take(count.min(ENTRIES_MAX)).cloned().collect();
    if formers.is_empty() {
        cx.reply(ERR_WASNOSUCHNICK, &[asked], Text::Said(Phrase::WAS_NO_SUCH_NICK, &[]));
    }
    for former in formers {
        let params = [&*former.nick, &former.username, &former.host, "*"];
        cx.reply(RPL_WHOWASUSER, &params, Text::Plain(&former.realname));
    }
    cx.reply(RPL_ENDOFWHOWAS, &[asked], Text::Said(Phrase::END_OF_WHOWAS, &[]));
    Ok(())
}

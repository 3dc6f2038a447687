//! The lines that a client receives once it has registered, and 005 again when it changes.

use crate::engine::context::cx::Cx;
use crate::engine::setup::VERSION;
use crate::engine::setup::isupport::{CHANNEL_MODES, CHANNEL_MODES_WITH_PARAMETER, USER_MODES};
use crate::i18n::Phrase;
use crate::wire::clock::long_date;
use crate::wire::numeric::{RPL_CREATED, RPL_ISUPPORT, RPL_MYINFO, RPL_WELCOME, RPL_YOURHOST};
use crate::wire::{Cap, Text};

/// Sends the welcome up to 005.
pub fn greet(cx: &mut Cx<'_>) {
    let nick = cx.nick().to_owned();
    let (server, network) = (cx.setup.server_name(), &cx.config().network.name);
    let setup = cx.setup;
    cx.reply(RPL_WELCOME, &[], Text::Said(Phrase::WELCOME, &[network, &nick]));
    cx.reply(RPL_YOURHOST, &[], Text::Said(Phrase::YOUR_HOST, &[server, VERSION]));
    cx.reply(RPL_CREATED, &[], Text::Said(Phrase::CREATED, &[&long_date(setup.started_s)]));
    let modes = [server, VERSION, USER_MODES, CHANNEL_MODES, CHANNEL_MODES_WITH_PARAMETER];
    cx.reply(RPL_MYINFO, &modes, Text::None);
    isupport(cx, &setup.isupport);
}

/// Warns that the administrator of the server can read all messages.
pub fn warn_of_logs(cx: &mut Cx<'_>) {
    let nick = cx.nick().to_owned();
    cx.reply_command("NOTICE", &[&nick], Text::Said(Phrase::LINES_ARE_LOGGED, &[]));
}

/// Sends the 005 lines, as a batch to clients that know it (draft/extended-isupport).
pub fn isupport(cx: &mut Cx<'_>, lines: &[Vec<String>]) {
    if cx.served().caps.has(Cap::ExtendedIsupport) {
        cx.open_batch("draft/isupport", &[]);
    }
    for line in lines {
        let tokens: Vec<&str> = line.iter().map(String::as_str).collect();
        cx.reply(RPL_ISUPPORT, &tokens, Text::Said(Phrase::ARE_SUPPORTED, &[]));
    }
    cx.close_batch();
}

//! Listeners that are `sts-only`: they redirect clients to TLS and serve nothing else.

use crate::engine::announce::welcome;
use crate::engine::context::cx::Cx;
use crate::i18n::Phrase;
use crate::wire::Text;
use crate::wire::numeric::ERR_NOMOTD;

/// Sends as much of a welcome as clients need to show the banner, then the banner, and closes the session.
pub fn reject(cx: &mut Cx<'_>) {
    welcome::greet(cx);
    cx.reply(ERR_NOMOTD, &[], Text::Said(Phrase::NO_MOTD, &[]));
    let nick = cx.nick().to_owned();
    let banner = cx.config().server.sts.sts_only_banner.clone();
    let banner = banner.unwrap_or_else(|| cx.said(Phrase::STS_BANNER, &[]));
    for line in banner.lines() {
        cx.reply_command("NOTICE", &[&nick], Text::Plain(line));
    }
    cx.close_saying(Phrase::STS_GOODBYE, &[]);
}

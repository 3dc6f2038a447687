//! Strict transport security (<https://ircv3.net/specs/extensions/sts>): what `sts` says, and listeners that
//! serve nothing else.

use crate::config::Sts;
use crate::engine::context::cx::Cx;
use crate::engine::session::registration;
use crate::i18n::Phrase;
use crate::wire::numeric::*;
use crate::wire::{Cap, Caps, Text};

/// What can be negotiated where clients are only told to use TLS: `sts`, and what clients may need to
/// understand the rest.
const CAPS: [Cap; 6] =
    [Cap::Batch, Cap::EchoMessage, Cap::LabeledResponse, Cap::MessageTags, Cap::ServerTime, Cap::Sts];

/// What takes back the policy that clients remember.
pub const ENDED: &str = "sts=duration=0";

/// Told where the configuration has no banner.
const BANNER: &str = "This server is for connections with TLS only.\n\
                      Please have your client connect with TLS, or get one that can.";
/// The last word.
const GOODBYE: &str = "Please connect with TLS";

/// What can be negotiated on a listener that is `sts-only`.
pub fn caps() -> Caps {
    CAPS.into_iter().collect()
}

/// The value of `sts`: to insecure connections the port counts, to secure ones the duration.
pub fn value(sts: &Sts) -> String {
    let mut value = format!("duration={}", sts.duration.as_secs());
    if sts.port > 0 {
        value += &format!(",port={}", sts.port);
    }
    if sts.preload {
        value += ",preload";
    }
    value
}

/// Instead of a welcome: enough of one for clients to show what follows, the banner, and the end.
pub fn turn_away(cx: &mut Cx<'_>) {
    registration::greet(cx);
    cx.reply(ERR_NOMOTD, &[], Text::Said(Phrase::NO_MOTD, &[]));
    let nick = cx.nick().to_owned();
    let banner = cx.config().server.sts.sts_only_banner.as_deref().unwrap_or(BANNER);
    for line in banner.lines() {
        cx.reply_command("NOTICE", &[&nick], Text::Plain(line));
    }
    cx.close(GOODBYE);
}

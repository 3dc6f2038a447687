//! SETNAME: changes the real name (<https://ircv3.net/specs/extensions/setname>).

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::wire::Message;

use super::Command;

pub(super) const SETNAME: Command =
    Command::new("SETNAME", setname).params(1).help("<realname>: changes your real name");

fn setname(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    // Users type it without the colon.
    let realname = m.params().join(" ");
    let bytes_max = cx.config().limits.realnamelen;
    if realname.trim().is_empty() || (bytes_max > 0 && realname.len() > bytes_max) {
        let (code, text) = ("INVALID_REALNAME", Phrase::REALNAME_INVALID);
        return Err(Refusal::Fail { command: "SETNAME", code, context: Vec::new(), text });
    }
    cx.commit(Fact::RealnameChanged { user: cx.me(), realname: &realname });
    Ok(())
}

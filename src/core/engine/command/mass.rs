//! Messages to all users, or to all on certain hosts: `$$<server mask>` and `$#<host mask>` as targets of
//! PRIVMSG, NOTICE and TAGMSG (RFC 2812, 3.3.1), for operators with the `massmessage` capability.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::i18n::Phrase;
use crate::state::fact::{Said, SpeechTarget};
use crate::state::{Fact, UserId};
use crate::text::glob;

/// The operator capability that mass messages require.
const RIGHT: &str = "massmessage";

/// Whether a target is a mask.
pub fn is_mask(target: &str) -> bool {
    target.starts_with("$$") || target.starts_with("$#")
}

/// Sends a message to all users that the mask matches. Errors: 481.
pub fn send(cx: &mut Cx<'_>, target: &str, speech: Said<'_>) -> Outcome {
    match cx.user().oper {
        None => return Err(Refusal::NotOperator),
        Some(_) if !cx.user().may(RIGHT) => return Err(Refusal::NoPrivileges),
        Some(_) => {}
    }
    let me = cx.me();
    let mask = target[2..].to_lowercase();
    let matches_server =
        target.starts_with("$$") && glob::matches(&mask, &cx.setup.server_name().to_lowercase());
    let by_host = target.starts_with("$#");
    let users = cx.state().users.iter().filter(|(id, user)| {
        *id != me && (matches_server || by_host && glob::matches(&mask, &user.host().to_lowercase()))
    });
    let users: Vec<UserId> = users.map(|(id, _)| id).collect();
    let name = cx.oper_name();
    cx.oper_did(Phrase::OPER_MESSAGED, &[&name, target, &users.len().to_string()]);
    let to = SpeechTarget::Many { users: &users, shown: target };
    cx.commit(Fact::Said { session: cx.session, by: me, to, what: speech });
    Ok(())
}

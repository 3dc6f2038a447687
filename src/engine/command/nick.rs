//! NICK: takes or changes a nick.

use crate::engine::cx::Cx;
use crate::engine::effect::Level;
use crate::engine::refusal::{Outcome, Refusal};
use crate::state::fact::Introduction;
use crate::state::{Fact, UserId};
use crate::text::Nick;
use crate::wire::Message;

use super::{Command, When};

pub(super) const NICK: Command = Command {
    name: "NICK",
    params_min: 0,
    when: When::Always,
    right: None,
    help: "<nick>: takes a nick, or changes it",
    run: nick,
};

fn nick(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let raw = m.param(0).trim();
    if raw.is_empty() {
        return Err(Refusal::NoNickGiven);
    }
    let nick = cx.setup.mapping.nick(raw, cx.config().limits.nicklen);
    let nick = nick.map_err(|_| Refusal::ErroneousNickname(raw.to_owned()))?;
    let me = cx.served().user();
    may_take(cx, &nick, me)?;
    match me {
        None => cx.commit(Fact::Introduced { session: cx.session, said: Introduction::Nick(nick) }),
        Some(_) if cx.user().nick.as_str() == nick.as_str() => {}
        Some(user) => {
            let text = format!("{} changed nickname to {}", cx.user().nick.as_str(), nick.as_str());
            cx.note(Level::Debug, "nick", text);
            cx.commit(Fact::NickChanged { user, nick });
        }
    }
    Ok(())
}

/// 433: the nick, or one that looks just like it, belongs to someone else.
pub fn may_take(cx: &Cx<'_>, nick: &Nick, me: Option<UserId>) -> Outcome {
    let mapping = cx.setup.mapping;
    let mut holder = cx.state().user_by_key(nick.key());
    if holder.is_none() && mapping.has_skeletons() {
        holder = cx.state().user_by_skeleton(&mapping.skeleton(nick.as_str()));
    }
    match holder {
        Some(holder) if Some(holder) != me => Err(Refusal::NickInUse(nick.as_str().to_owned())),
        _ => Ok(()),
    }
}

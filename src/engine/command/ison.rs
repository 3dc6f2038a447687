//! ISON and USERHOST: short questions about several nicks at once.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::policy;
use crate::state::UserId;
use crate::text::wrap;
use crate::wire::numeric::{RPL_ISON, RPL_USERHOST};
use crate::wire::{Message, Text};

use super::{Command, When};

/// Nicks of one USERHOST, as TARGMAX says.
const USERHOST_NICKS_MAX: usize = 10;
/// Bytes of answers on one line, so that it fits with any server name and nick.
const LINE_BYTES_MAX: usize = 400;

pub(super) const ISON: Command = Command {
    name: "ISON",
    params_min: 1,
    when: When::Registered,
    right: None,
    help: "<nick>...: shows which of these nicks are online",
    run: ison,
};

pub(super) const USERHOST: Command = Command {
    name: "USERHOST",
    params_min: 1,
    when: When::Registered,
    right: None,
    help: "<nick>...: shows the hosts of up to ten users, whether they are away (-) and operators (*)",
    run: userhost,
};

/// The users among these nicks. Several may stand in one parameter, separated by blanks.
fn present(cx: &Cx<'_>, m: &Message<'_>) -> Vec<UserId> {
    let nicks = m.params().iter().flat_map(|param| param.split_ascii_whitespace());
    nicks.filter_map(|nick| cx.find_user(nick).ok()).collect()
}

fn ison(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let nicks = present(cx, m).into_iter().map(|user| cx.state().users[user].nick.as_str());
    let lines = wrap(nicks, LINE_BYTES_MAX);
    answer(cx, RPL_ISON, lines);
    Ok(())
}

fn userhost(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let mut users: Vec<UserId> = Vec::new();
    for user in present(cx, m) {
        if users.len() < USERHOST_NICKS_MAX && !users.contains(&user) {
            users.push(user);
        }
    }
    let words = users.into_iter().map(|id| {
        let user = &cx.state().users[id];
        let oper = if policy::sees_oper(cx.state(), cx.me(), id) { "*" } else { "" };
        let away = if user.away.is_some() { '-' } else { '+' };
        format!("{}{oper}={away}{}@{}", user.nick.as_str(), user.username, user.host)
    });
    let lines = wrap(words, LINE_BYTES_MAX);
    answer(cx, RPL_USERHOST, lines);
    Ok(())
}

/// The lines, or an empty one: that nobody is there has to be said, too.
fn answer(cx: &mut Cx<'_>, code: crate::wire::Numeric, lines: Vec<String>) {
    if lines.is_empty() {
        cx.reply(code, &[], Text::Plain(""));
    }
    for line in lines {
        cx.reply(code, &[], Text::Plain(&line));
    }
}

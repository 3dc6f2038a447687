//! ISON and USERHOST: short questions about several nicks at once.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::service::ServiceName;
use crate::engine::policy;
use crate::state::UserId;
use crate::text::wrap;
use crate::wire::numeric::{RPL_ISON, RPL_USERHOST};
use crate::wire::{Message, Text};

use super::Command;

/// Nicks of one USERHOST, as TARGMAX says.
const USERHOST_NICKS_MAX: usize = 10;
/// Bytes of answers on one line, so that it fits with any server name and nick.
const LINE_BYTES_MAX: usize = 400;

pub(super) const ISON: Command =
    Command::new("ISON", ison).params(1).help("<nick>...: shows which of the given nicks are online");

pub(super) const USERHOST: Command = Command::new("USERHOST", userhost)
    .params(1)
    .help("<nick>...: shows the hosts of up to ten users, and whether they are away (-) or operators (*)");

/// Whom a nick belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Present {
    User(UserId),
    Service(ServiceName),
}

/// The users and services among these nicks. Several may stand in one parameter, separated by blanks.
fn present(cx: &Cx<'_>, m: &Message<'_>) -> Vec<Present> {
    let nicks = m.params().iter().flat_map(|param| param.split_ascii_whitespace());
    let find = |nick: &str| match cx.find_user(nick) {
        Ok(user) => Some(Present::User(user)),
        Err(_) => ServiceName::by_name(nick).map(Present::Service),
    };
    nicks.filter_map(find).collect()
}

fn ison(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let nicks = present(cx, m).into_iter().map(|present| match present {
        Present::User(user) => cx.state().users[user].nick.as_str(),
        Present::Service(service) => service.name(),
    });
    let lines = wrap(nicks, LINE_BYTES_MAX);
    answer(cx, RPL_ISON, lines);
    Ok(())
}

fn userhost(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let mut shown: Vec<Present> = Vec::new();
    for present in present(cx, m) {
        if shown.len() < USERHOST_NICKS_MAX && !shown.contains(&present) {
            shown.push(present);
        }
    }
    let words = shown.into_iter().map(|present| match present {
        Present::User(id) => {
            let user = &cx.state().users[id];
            let oper = if policy::sees_oper(cx.state(), cx.me(), id) { "*" } else { "" };
            let away = if user.away.is_some() { '-' } else { '+' };
            format!("{}{oper}={away}{}@{}", user.nick.as_str(), user.username, user.host)
        }
        Present::Service(service) => {
            format!("{0}=+{0}@{1}", service.name(), service.host(cx.config()))
        }
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

//! ISON and USERHOST: status of several nicks at once.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::service::ServiceName;
use crate::engine::policy;
use crate::state::UserId;
use crate::text::wrap;
use crate::wire::numeric::{RPL_ISON, RPL_USERHOST};
use crate::wire::{Message, Text};

use super::Command;

/// Maximum number of nicks in one USERHOST (TARGMAX).
const USERHOST_NICKS_MAX: usize = 10;
/// Maximum bytes of answers on one line, so that it fits with any server name and nick.
const LINE_BYTES_MAX: usize = 400;

pub(super) const ISON: Command =
    Command::new("ISON", ison).params(1).help("<nick>...: shows which of the given nicks are online");

pub(super) const USERHOST: Command = Command::new("USERHOST", userhost)
    .params(1)
    .help("<nick>...: shows the hosts of up to ten users, and whether they are away (-) or operators (*)");

/// A user or service that is online.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Online {
    User(UserId),
    Service(ServiceName),
}

/// Returns the users and services with these nicks. A parameter can contain several, separated by spaces.
fn online(cx: &Cx<'_>, m: &Message<'_>) -> Vec<Online> {
    let nicks = m.params().iter().flat_map(|param| param.split_ascii_whitespace());
    let find = |nick: &str| match cx.find_user(nick) {
        Ok(user) => Some(Online::User(user)),
        Err(_) => ServiceName::by_name(nick).map(Online::Service),
    };
    nicks.filter_map(find).collect()
}

fn ison(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let nicks = online(cx, m).into_iter().map(|online| match online {
        Online::User(user) => cx.state().users[user].nick.as_str(),
        Online::Service(service) => service.name(),
    });
    let lines = wrap(nicks, LINE_BYTES_MAX);
    reply(cx, RPL_ISON, lines);
    Ok(())
}

fn userhost(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let mut shown: Vec<Online> = Vec::new();
    for online in online(cx, m) {
        if shown.len() < USERHOST_NICKS_MAX && !shown.contains(&online) {
            shown.push(online);
        }
    }
    let words = shown.into_iter().map(|online| match online {
        Online::User(id) => {
            let user = &cx.state().users[id];
            let oper = if policy::sees_oper(cx.state(), cx.me(), id) { "*" } else { "" };
            let away = if user.away.is_some() { '-' } else { '+' };
            format!("{}{oper}={away}{}@{}", user.nick.as_str(), user.username, user.host())
        }
        Online::Service(service) => {
            format!("{0}=+{0}@{1}", service.name(), service.host(cx.config()))
        }
    });
    let lines = wrap(words, LINE_BYTES_MAX);
    reply(cx, RPL_USERHOST, lines);
    Ok(())
}

/// Sends the lines, or an empty one if none of the nicks is online.
fn reply(cx: &mut Cx<'_>, code: crate::wire::Numeric, lines: Vec<String>) {
    if lines.is_empty() {
        cx.reply(code, &[], Text::Plain(""));
    }
    for line in lines {
        cx.reply(code, &[], Text::Plain(&line));
    }
}

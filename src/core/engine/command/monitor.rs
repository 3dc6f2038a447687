//! MONITOR: notifies clients when nicks go online or offline (<https://ircv3.net/specs/extensions/monitor>).

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::service::ServiceName;
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::fact::MonitorChange;
use crate::text::wrap_with;
use crate::wire::numeric::*;
use crate::wire::{Message, Numeric, Text};

use super::Command;

/// Maximum bytes of targets on one line, so that it fits with any server name and nick.
const LINE_BYTES_MAX: usize = 400;

pub(super) const MONITOR: Command = Command::new("MONITOR", monitor).params(1).help(
    "+ <nick>{,<nick>} | - <nick>{,<nick>} | C | L | S: adds, removes, clears, lists or queries \
     monitored nicks",
);

fn monitor(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let session = cx.session;
    match m.param(0).to_ascii_uppercase().as_str() {
        "+" => add(cx, targets(m)?),
        "-" => {
            for target in targets(m)? {
                if let Ok(key) = cx.setup.mapping.nick_key(target) {
                    cx.commit(Fact::MonitorChanged { session, change: MonitorChange::Removed(&key) });
                }
            }
        }
        "C" => cx.commit(Fact::MonitorChanged { session, change: MonitorChange::Cleared }),
        "L" => {
            let nicks = watched(cx);
            list(cx, RPL_MONLIST, &nicks);
            cx.reply(RPL_ENDOFMONLIST, &[], Text::Said(Phrase::END_OF_MONITOR_LIST, &[]));
        }
        "S" => {
            let nicks = watched(cx);
            status(cx, nicks.iter().map(String::as_str));
        }
        _ => {
            let text = Text::Said(Phrase::UNKNOWN_MONITOR_COMMAND, &[]);
            cx.reply(ERR_UNKNOWNERROR, &["MONITOR", m.param(0)], text);
        }
    }
    Ok(())
}

fn targets<'m>(m: &Message<'m>) -> Result<Vec<&'m str>, Refusal> {
    let list = m.param_opt(1).ok_or_else(|| Refusal::NeedMoreParams("MONITOR".into()))?;
    Ok(list.split(',').filter(|target| !target.is_empty()).collect())
}

fn watched(cx: &Cx<'_>) -> Vec<String> {
    cx.state().monitors.watched_by(cx.session).map(|(_, shown)| shown.to_owned()).collect()
}

/// Adds targets. A target that is already monitored is reported again but counts once. When the list is
/// full, the remaining targets are rejected (734).
fn add(cx: &mut Cx<'_>, targets: Vec<&str>) {
    let (session, limit) = (cx.session, cx.config().limits.monitor_entries);
    let mut added = Vec::new();
    for (at, target) in targets.iter().enumerate() {
        let Ok(nick) = cx.setup.mapping.nick(target, cx.config().limits.nicklen) else {
            Refusal::ErroneousNickname((*target).to_owned()).say(cx);
            continue;
        };
        let monitors = &cx.state().monitors;
        if monitors.count(session) >= limit && !monitors.watches(session, nick.key()) {
            status(cx, added.into_iter());
            let (limit, refused) = (limit.to_string(), targets[at..].join(","));
            let text = Text::Said(Phrase::MONITOR_LIST_FULL, &[]);
            cx.reply(ERR_MONLISTFULL, &[&limit, &refused], text);
            return;
        }
        let change = MonitorChange::Added { key: nick.key(), shown: nick.as_str() };
        cx.commit(Fact::MonitorChanged { session, change });
        added.push(*target);
    }
    status(cx, added.into_iter());
}

/// Sends 730 with the nicks that are online, and 731 with those that are not.
fn status<'n>(cx: &mut Cx<'_>, nicks: impl Iterator<Item = &'n str>) {
    let (mut online, mut offline) = (Vec::new(), Vec::new());
    for nick in nicks {
        match (cx.find_user(nick), ServiceName::by_name(nick)) {
            (Ok(user), _) => online.push(cx.state().users[user].source().to_owned()),
            // Services are always online.
            (Err(_), Some(service)) => online.push(service.source(cx.config())),
            (Err(_), None) => offline.push(nick.to_owned()),
        }
    }
    list(cx, RPL_MONONLINE, &online);
    list(cx, RPL_MONOFFLINE, &offline);
}

fn list(cx: &mut Cx<'_>, code: Numeric, items: &[String]) {
    for line in wrap_with(',', items, LINE_BYTES_MAX) {
        cx.reply(code, &[], Text::Plain(&line));
    }
}

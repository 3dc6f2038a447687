//! DLINE, KLINE, UNDLINE and UNKLINE: the traditional commands for bans of addresses and masks.
//! [`super::uban`] replaces them all.

use crate::config::{Net, parse_duration};
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::door::bans;
use crate::i18n::Phrase;
use crate::state::ban::{BanInfo, BanTarget};
use crate::text::{truncate, wrap};
use crate::wire::clock::long_date;
use crate::wire::numeric::ERR_UNKNOWNERROR;
use crate::wire::{Message, Text};

use super::Command;

/// Maximum number of bans or nicks shown by one command.
const LISTED_MAX: usize = 500;
/// Maximum bytes of nicks in one line.
const NICKS_BYTES_MAX: usize = 380;

pub(super) const DLINE: Command =
    Command::new("DLINE", |cx, m| add(cx, m, XlineKind::Address)).params(1).right("ban").help(
        "[ANDKILL] [MYSELF] [<duration>] <address>[/<bits>] [<reason>[|<for operators>]], or LIST: bans \
         addresses",
    );

pub(super) const KLINE: Command =
    Command::new("KLINE", |cx, m| add(cx, m, XlineKind::Mask)).params(1).right("ban").help(
        "[ANDKILL] [MYSELF] [<duration>] <nick!user@host> [<reason>[|<for operators>]], or LIST: bans \
         masks",
    );

pub(super) const UNDLINE: Command = Command::new("UNDLINE", |cx, m| remove(cx, m, XlineKind::Address))
    .params(1)
    .right("ban")
    .help("<address>[/<bits>]: removes a ban on an address or network");

pub(super) const UNKLINE: Command = Command::new("UNKLINE", |cx, m| remove(cx, m, XlineKind::Mask))
    .params(1)
    .right("ban")
    .help("<nick!user@host>: removes a ban on a mask");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum XlineKind {
    Address,
    Mask,
}

impl XlineKind {
    fn target(self, cx: &Cx<'_>, raw: &str) -> Option<BanTarget> {
        match self {
            XlineKind::Address => Net::parse(raw).map(BanTarget::Net),
            XlineKind::Mask => BanTarget::mask(cx.setup.mapping, raw),
        }
    }

    fn lists(self, target: &BanTarget) -> bool {
        (self == XlineKind::Address) == matches!(target, BanTarget::Net(_))
    }
}

fn can_store(cx: &Cx<'_>, command: &str) -> Outcome {
    match cx.state().store_full {
        true => Err(Refusal::StoreFull(command.to_owned())),
        false => Ok(()),
    }
}

fn add(cx: &mut Cx<'_>, m: &Message<'_>, kind: XlineKind) -> Outcome {
    let command = m.command.to_ascii_uppercase();
    let mut rest = m.params();
    if let [only] = rest
        && only.eq_ignore_ascii_case("list")
    {
        list(cx, |target| kind.lists(target));
        return Ok(());
    }
    can_store(cx, &command)?;
    let (mut and_kill, mut myself) = (false, false);
    while !(and_kill && myself) {
        if take_word(&mut rest, "andkill") {
            and_kill = true;
        } else if take_word(&mut rest, "myself") {
            myself = true;
        } else {
            break;
        }
    }
    let duration_ms = take_duration(&mut rest);
    let [raw, rest @ ..] = rest else { return Err(Refusal::NeedMoreParams(command)) };
    let Some(target) = kind.target(cx, raw) else {
        return refuse(cx, &command, Phrase::BAN_TARGET_INVALID);
    };
    if rest.first() == Some(&"ON") {
        return refuse(cx, &command, Phrase::NO_OTHER_SERVERS);
    }
    let own = bans::covers(cx.state(), &target, cx.session);
    if own && !myself {
        return refuse(cx, &command, Phrase::BAN_COVERS_YOU);
    }
    let info = info(cx, &rest.join(" "), duration_ms, false);
    if !bans::set(cx, target.clone(), info.clone()) {
        return refuse(cx, &command, Phrase::TOO_MANY_BANS);
    }
    cx.notify(Phrase::BAN_ADDED, &[&target.to_string()]);
    warn_if_exempt(cx, &target);
    if and_kill {
        let enforced = bans::enforce(cx, &target, &info);
        report(cx, &enforced);
        if own {
            cx.close(&bans::reason(cx.setup, &info));
        }
    }
    Ok(())
}

/// Warns that a ban on loopback addresses never matches.
pub(super) fn warn_if_exempt(cx: &mut Cx<'_>, target: &BanTarget) {
    if matches!(target, BanTarget::Net(net) if net.is_loopback()) {
        cx.notify(Phrase::BAN_NEVER_MATCHES, &[]);
    }
}

fn remove(cx: &mut Cx<'_>, m: &Message<'_>, kind: XlineKind) -> Outcome {
    let command = m.command.to_ascii_uppercase();
    can_store(cx, &command)?;
    let Some(target) = kind.target(cx, m.param(0)) else {
        return refuse(cx, &command, Phrase::BAN_TARGET_INVALID);
    };
    let name = target.to_string();
    if !bans::lift(cx, target) {
        return refuse(cx, &command, Phrase::NO_SUCH_BAN);
    }
    cx.notify(Phrase::BAN_REMOVED, &[&name]);
    Ok(())
}

/// Sends 400.
fn refuse(cx: &mut Cx<'_>, command: &str, text: Phrase) -> Outcome {
    cx.reply(ERR_UNKNOWNERROR, &[command], Text::Said(text, &[]));
    Err(Refusal::Said)
}

/// Takes the first parameter if it is this word, ignoring case.
pub(super) fn take_word(rest: &mut &[&str], word: &str) -> bool {
    let matches = rest.first().is_some_and(|first| first.eq_ignore_ascii_case(word));
    if matches {
        *rest = &rest[1..];
    }
    matches
}

/// Takes the first parameter if it is a duration.
fn take_duration(rest: &mut &[&str]) -> Option<u64> {
    let duration = parse_duration(rest.first()?)?;
    *rest = &rest[1..];
    Some(duration.as_millis() as u64).filter(|&duration_ms| duration_ms > 0)
}

/// Returns the details of a ban set now. `reasons` is `reason | reason for operators`.
pub(super) fn info(cx: &Cx<'_>, reasons: &str, duration_ms: Option<u64>, require_sasl: bool) -> BanInfo {
    let (reason, oper_reason) = reasons.split_once('|').unwrap_or((reasons, ""));
    let cut = |text: &str| truncate(text.trim(), cx.config().limits.kicklen).into();
    BanInfo {
        by: cx.oper_name().into(),
        reason: cut(reason),
        oper_reason: cut(oper_reason),
        require_sasl,
        at_ms: cx.now.wall_ms,
        duration_ms,
    }
}

/// Reports the users that a ban disconnected.
pub(super) fn report(cx: &mut Cx<'_>, enforced: &bans::Enforced) {
    let count = enforced.closed.len();
    if count > 0 {
        let (name, count) = (cx.oper_name(), count.to_string());
        cx.oper_did(Phrase::BAN_DISCONNECTED, &[&name, &count]);
        cx.notify(Phrase::BANNED_ARE, &[&count]);
        show_nicks(cx, &enforced.closed);
    }
    if !enforced.staying.is_empty() {
        cx.notify(Phrase::BANNED_STAY, &[]);
        show_nicks(cx, &enforced.staying);
    }
}

/// Lists nicks, several on each line.
pub(super) fn show_nicks(cx: &mut Cx<'_>, nicks: &[String]) {
    for line in wrap(nicks.iter().take(LISTED_MAX), NICKS_BYTES_MAX) {
        cx.server_notice(&line);
    }
}

/// Lists the active bans whose target matches `filter`.
pub(super) fn list(cx: &mut Cx<'_>, filter: impl Fn(&BanTarget) -> bool) {
    let now_ms = cx.now.wall_ms;
    let bans = cx.state().bans.all().filter(|(target, info)| filter(target) && info.holds(now_ms));
    let mut lines: Vec<String> =
        bans.take(LISTED_MAX + 1).map(|(target, info)| describe(cx, &target, info)).collect();
    if lines.is_empty() {
        cx.notify(Phrase::NO_BANS, &[]);
    }
    let more = lines.len() > LISTED_MAX;
    lines.truncate(LISTED_MAX);
    for line in lines {
        cx.server_notice(&line);
    }
    if more {
        cx.notify(Phrase::MORE_BANS, &[]);
    }
}

/// Describes a ban in one line, in the language of the session being served.
pub(super) fn describe(cx: &Cx<'_>, target: &BanTarget, info: &BanInfo) -> String {
    let line = if info.require_sasl { Phrase::BAN_LISTED_SASL } else { Phrase::BAN_LISTED };
    let left = match info.duration_ms {
        Some(duration_ms) => {
            let ends_ms = info.at_ms.saturating_add(duration_ms);
            let left_s = ends_ms.saturating_sub(cx.now.wall_ms).div_ceil(1000);
            cx.said(Phrase::BAN_SECONDS_LEFT, &[&left_s.to_string()])
        }
        None => cx.said(Phrase::BAN_NO_EXPIRY, &[]),
    };
    let mut reasons = info.reason.to_string();
    if !info.oper_reason.is_empty() {
        reasons += &format!(" | {}", info.oper_reason);
    }
    let at = long_date(info.at_ms / 1000);
    let line = cx.said(line, &[&target.to_string(), &left, &info.by, &at, &reasons]);
    line.trim_end().to_owned()
}

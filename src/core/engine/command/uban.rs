//! UBAN: bans by address, mask or account, in one command.

use crate::config::{Net, parse_duration};
use crate::engine::account::suspension;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::door::{admission, bans};
use crate::engine::setup::ResolvedConfig;
use crate::i18n::Phrase;
use crate::state::UserId;
use crate::state::account::Suspension;
use crate::state::ban::BanTarget;
use crate::text::truncate;
use crate::wire::{Message, Text};

use super::xline::{describe, info, list, report, show_nicks, take_word, warn_if_exempt};
use super::{Command, whois};

/// Maximum number of suspended accounts shown by LIST.
const SUSPENSIONS_MAX: usize = 500;

pub(super) const UBAN: Command = Command::new("UBAN", uban).params(1).right("ban").help(
    "ADD <target> [REQUIRE-SASL] [DURATION <duration>] [<reason>] | DEL <target> | INFO <target> | \
     LIST: manages bans on addresses, networks, masks and accounts",
);

/// The target of a UBAN.
enum UbanTarget {
    Ban(BanTarget),
    /// The folded name of an account.
    Account(String),
    /// A user whose nick is not the name of an account.
    User(UserId),
    /// A name without an account or user.
    Unknown,
}

fn uban(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let word = m.param(0).to_ascii_lowercase();
    if word == "list" {
        list(cx, |_| true);
        list_suspensions(cx);
        return Ok(());
    }
    if !["add", "del", "info"].contains(&word.as_str()) {
        return Err(fail("UNKNOWN_COMMAND", Phrase::UNKNOWN_COMMAND));
    }
    let raw = m.param_opt(1).ok_or_else(|| fail("INVALID_PARAMS", Phrase::NOT_ENOUGH_PARAMETERS))?;
    let target = target(cx, raw).ok_or_else(|| fail("INVALID_PARAMS", Phrase::BAN_TARGET_INVALID))?;
    if word != "info" && cx.state().store_full {
        return Err(fail("TEMPORARILY_UNAVAILABLE", Phrase::STORE_FULL));
    }
    match (word.as_str(), target) {
        ("add" | "del", UbanTarget::User(user)) => Err(reject_nick(cx, user)),
        ("add" | "del", UbanTarget::Unknown) => {
            let context = vec![raw.to_owned()];
            Err(Refusal::Fail { command: "UBAN", code: "INVALID_PARAMS", context, text: Phrase::BAN_NO_ONE })
        }
        ("add", target) => add(cx, target, &m.params()[2..]),
        ("del", target) => delete(cx, target),
        (_, UbanTarget::Ban(target)) => {
            show_ban(cx, &target);
            Ok(())
        }
        (_, UbanTarget::Account(account)) => {
            show_account(cx, &account);
            Ok(())
        }
        (_, UbanTarget::User(user)) => {
            show_user(cx, user);
            Ok(())
        }
        (_, UbanTarget::Unknown) => {
            cx.notify(Phrase::NO_SUCH_NICK_OR_ACCOUNT, &[raw]);
            Ok(())
        }
    }
}

/// Rejects a nick, which cannot be banned, and suggests the user's account or address instead.
fn reject_nick(cx: &mut Cx<'_>, user: UserId) -> Refusal {
    let user = &cx.state().users[user];
    let (nick, ip) = (user.nick.as_str().to_owned(), whois::origin(cx, user).1);
    let account = user.account.as_ref().map(|account| account.as_str().to_owned());
    let (text, other) = match account {
        Some(account) => (Phrase::BAN_ACCOUNT_INSTEAD, account),
        None => (Phrase::BAN_ADDRESS_INSTEAD, ResolvedConfig::address_text(ip)),
    };
    cx.reply_command("FAIL", &["UBAN", "INVALID_PARAMS", &nick], Text::Said(text, &[&nick, &other]));
    Refusal::Said
}

/// Shows the account of a user or, without one, the address and the bans that cover it.
fn show_user(cx: &mut Cx<'_>, user: UserId) {
    let user = &cx.state().users[user];
    let (nick, ip) = (user.nick.as_str().to_owned(), whois::origin(cx, user).1);
    let account = user.account.as_ref().map(|name| (name.key().to_owned(), name.as_str().to_owned()));
    match account {
        Some((key, name)) => {
            cx.notify(Phrase::USER_IS_LOGGED_IN, &[&nick, &name]);
            show_account(cx, &key);
        }
        None => {
            let address = ResolvedConfig::address_text(ip);
            cx.notify(Phrase::USER_CONNECTS_FROM, &[&nick, &address]);
            if let Some(net) = Net::parse(&address) {
                show_ban(cx, &BanTarget::Net(net));
            }
        }
    }
}

fn fail(code: &'static str, text: Phrase) -> Refusal {
    Refusal::Fail { command: "UBAN", code, context: Vec::new(), text }
}

fn target(cx: &Cx<'_>, raw: &str) -> Option<UbanTarget> {
    if let Some(net) = Net::parse(raw) {
        return Some(UbanTarget::Ban(BanTarget::Net(net)));
    }
    if raw.contains(['!', '@']) {
        return BanTarget::mask(cx.setup.mapping, raw).map(UbanTarget::Ban);
    }
    let key = cx.setup.mapping.nick_key(raw).ok()?;
    Some(match (cx.state().accounts.contains_key(&key), cx.state().user_by_key(&key)) {
        (true, _) => UbanTarget::Account(key.into_owned()),
        (false, Some(user)) => UbanTarget::User(user),
        (false, None) => UbanTarget::Unknown,
    })
}

fn add(cx: &mut Cx<'_>, target: UbanTarget, mut rest: &[&str]) -> Outcome {
    let (mut require_sasl, mut duration_ms) = (false, None);
    loop {
        if take_word(&mut rest, "require-sasl") {
            require_sasl = true;
        } else if take_word(&mut rest, "duration") {
            let duration = rest.first().and_then(|raw| parse_duration(raw));
            let duration = duration.ok_or_else(|| fail("INVALID_PARAMS", Phrase::PARAMETERS_INVALID))?;
            duration_ms = Some(duration.as_millis() as u64).filter(|&duration_ms| duration_ms > 0);
            rest = &rest[1..];
        } else {
            break;
        }
    }
    let info = info(cx, &rest.join(" "), duration_ms, require_sasl);
    match target {
        UbanTarget::Account(account) => {
            let reason = truncate(&rest.join(" "), cx.config().limits.kicklen).into();
            let suspension = Suspension { by: info.by, reason, at_ms: info.at_ms, duration_ms };
            let disconnected = suspension::suspend(cx, &account, suspension);
            cx.notify(Phrase::ACCOUNT_SUSPENDED_NOW, &[&account]);
            show_nicks(cx, &disconnected);
        }
        UbanTarget::Ban(target) => {
            let own = bans::covers(cx.state(), &target, cx.session);
            if !bans::set(cx, target.clone(), info.clone()) {
                return Err(fail("INVALID_PARAMS", Phrase::TOO_MANY_BANS));
            }
            cx.notify(Phrase::BAN_ADDED, &[&target.to_string()]);
            warn_if_exempt(cx, &target);
            if own {
                cx.notify(Phrase::BAN_COVERS_YOU_TOO, &[]);
            }
            let enforced = bans::enforce(cx, &target, &info);
            report(cx, &enforced);
        }
        UbanTarget::User(_) | UbanTarget::Unknown => {
            return Err(fail("INVALID_PARAMS", Phrase::BAN_TARGET_INVALID));
        }
    }
    Ok(())
}

fn delete(cx: &mut Cx<'_>, target: UbanTarget) -> Outcome {
    let (name, lifted) = match target {
        UbanTarget::Ban(target) => {
            let address = if let BanTarget::Net(net) = target { net.single() } else { None };
            if let Some(ip) = address.filter(|&ip| admission::reset_counter(cx, ip)) {
                cx.notify(Phrase::THROTTLE_RESET, &[&ip.to_string()]);
                if cx.state().bans.get(&target).is_none() {
                    return Ok(());
                }
            }
            (target.to_string(), bans::lift(cx, target))
        }
        UbanTarget::Account(account) => {
            let lifted = suspension::lift(cx, &account);
            (account, lifted)
        }
        UbanTarget::User(_) | UbanTarget::Unknown => {
            return Err(fail("INVALID_PARAMS", Phrase::BAN_TARGET_INVALID));
        }
    };
    if !lifted {
        return Err(fail("INVALID_PARAMS", Phrase::NO_SUCH_BAN));
    }
    cx.notify(Phrase::BAN_REMOVED, &[&name]);
    Ok(())
}

/// Shows a ban, other bans that cover its address, and the users that it matches.
fn show_ban(cx: &mut Cx<'_>, target: &BanTarget) {
    let (state, now_ms) = (cx.state(), cx.now.wall_ms);
    let mut lines: Vec<String> = match target {
        BanTarget::Net(net) => {
            let own = state.bans.get(target).filter(|info| info.holds(now_ms)).map(|info| (*net, info));
            let over = net.single().into_iter().flat_map(|ip| state.bans.over_address(ip, now_ms));
            let over = over.filter(|(other, _)| other != net);
            own.into_iter().chain(over).map(|(net, info)| describe(cx, &BanTarget::Net(net), info)).collect()
        }
        BanTarget::Mask(_) => {
            let own = state.bans.get(target).filter(|info| info.holds(now_ms));
            own.map(|info| describe(cx, target, info)).into_iter().collect()
        }
    };
    if lines.is_empty() {
        lines.push(cx.said(Phrase::NO_BAN_OF, &[&target.to_string()]));
    }
    let mut nicks: Vec<String> = Vec::new();
    for (_, user) in state.users.iter() {
        if user.sessions.iter().any(|&session| bans::covers(state, target, session)) {
            nicks.push(user.nick.as_str().to_owned());
        }
    }
    for line in lines {
        cx.server_notice(&line);
    }
    cx.notify(Phrase::BAN_COVERS, &[&nicks.len().to_string()]);
    show_nicks(cx, &nicks);
}

fn show_account(cx: &mut Cx<'_>, key: &str) {
    let Some(account) = cx.state().accounts.get(key) else { return };
    let name = account.name.as_str().to_owned();
    let line = match account.suspended.as_ref().filter(|_| account.is_suspended(cx.now.wall_ms)) {
        Some(suspension) => describe_suspension(cx, &name, suspension),
        None => cx.said(Phrase::ACCOUNT_NOT_SUSPENDED, &[&name]),
    };
    cx.server_notice(&line);
    let users = cx.state().users_of(key).iter();
    let nicks: Vec<String> = users.map(|&user| cx.state().users[user].nick.as_str().to_owned()).collect();
    cx.notify(Phrase::ACCOUNT_USERS, &[&nicks.len().to_string()]);
    show_nicks(cx, &nicks);
}

fn list_suspensions(cx: &mut Cx<'_>) {
    let now_ms = cx.now.wall_ms;
    let accounts = cx.state().accounts.iter_after(None).map(|(_, account)| account);
    let lines = accounts.filter(|account| account.is_suspended(now_ms)).filter_map(|account| {
        Some(describe_suspension(cx, account.name.as_str(), account.suspended.as_ref()?))
    });
    for line in lines.take(SUSPENSIONS_MAX).collect::<Vec<_>>() {
        cx.server_notice(&line);
    }
}

fn describe_suspension(cx: &Cx<'_>, name: &str, suspension: &Suspension) -> String {
    let reason = match &*suspension.reason {
        "" => cx.said(Phrase::NO_REASON, &[]),
        reason => reason.to_owned(),
    };
    cx.said(Phrase::SUSPENDED_BY, &[name, &suspension.by, &reason])
}

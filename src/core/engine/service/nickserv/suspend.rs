//! SUSPEND: blocks logins to an account, for a duration or permanently.

use crate::config::{LogType, parse_duration};
use crate::engine::account::suspension;
use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;
use crate::state::Account;
use crate::state::account::Suspension;
use crate::text::truncate;
use crate::wire::Text;
use crate::wire::clock::long_date;

use super::{NS, find_account};

/// Maximum number of suspensions listed, latest first.
const LISTED_MAX: usize = 500;

pub(super) const SUSPEND: ServiceCommand = ServiceCommand::new("SUSPEND", suspend)
    .params(1, 3)
    .text_last()
    .right("ban")
    .help(
        "ADD <account> [DURATION <duration>] [<reason>] | DEL <account> | LIST: manages account \
         suspensions",
    )
    .more(&[
        "Suspending an account disconnects its users and prevents logins to it.",
        "Write a duration like 30m, 12h or 1w2d.",
    ]);

fn suspend(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    match (params[0].to_ascii_uppercase().as_str(), params.get(1)) {
        ("ADD", Some(account)) => add(cx, account, params.get(2).copied().unwrap_or_default()),
        ("DEL" | "DELETE" | "REMOVE", Some(account)) => remove(cx, account),
        ("LIST", None) => {
            list(cx);
            Ok(())
        }
        _ => Err(NS.bad_parameters(SUSPEND.name)),
    }
}

fn add(cx: &mut Cx<'_>, account: &str, rest: &str) -> Outcome {
    let (duration_ms, reason) =
        parse_duration_and_reason(rest).ok_or_else(|| NS.refuse(Phrase::DURATION_INVALID, &[]))?;
    let none = cx.setup.said(Phrase::NO_REASON, &[]);
    let reason = if reason.is_empty() { &none } else { reason };
    let reason = truncate(reason, cx.config().limits.kicklen);
    let (name, key) = find_names(cx, account)?;
    let by: Box<str> = cx.user().oper.as_ref().map_or("", |oper| &*oper.name).into();
    cx.note(Level::Info, LogType::Opers, format!("operator {by} suspended account {name}: {reason}"));
    let suspension = Suspension { by, reason: reason.into(), at_ms: cx.now.wall_ms, duration_ms };
    suspension::suspend(cx, &key, suspension);
    cx.tell(NS, Phrase::ACCOUNT_SUSPENDED_NOW, &[&name]);
    Ok(())
}

/// Parses `DURATION <duration> <reason>` or `<reason>`.
fn parse_duration_and_reason(rest: &str) -> Option<(Option<u64>, &str)> {
    let (word, after) = crate::engine::service::split_word(rest);
    if !word.eq_ignore_ascii_case("DURATION") {
        return Some((None, rest));
    }
    let (duration, reason) = crate::engine::service::split_word(after);
    let duration_ms = parse_duration(duration)?.as_millis() as u64;
    Some(((duration_ms > 0).then_some(duration_ms), reason))
}

fn remove(cx: &mut Cx<'_>, account: &str) -> Outcome {
    let (name, key) = find_names(cx, account)?;
    if !suspension::lift(cx, &key) {
        return Err(NS.refuse(Phrase::ACCOUNT_NOT_SUSPENDED, &[&name]));
    }
    let by = cx.user().oper.as_ref().map_or("", |oper| &*oper.name);
    cx.note(Level::Info, LogType::Opers, format!("operator {by} lifted the suspension of account {name}"));
    cx.tell(NS, Phrase::ACCOUNT_UNSUSPENDED, &[&name]);
    Ok(())
}

/// Finds an account. Returns its name and its key.
fn find_names(cx: &Cx<'_>, account: &str) -> Result<(String, String), Refusal> {
    let account = find_account(cx, account)?;
    Ok((account.name.as_str().to_owned(), account.name.key().to_owned()))
}

fn list(cx: &mut Cx<'_>) {
    let mut suspended: Vec<(u64, String)> = cx
        .state()
        .accounts
        .iter_after(None)
        .filter_map(|(_, account)| Some((account.suspended.as_ref()?.at_ms, describe(cx, account)?)))
        .collect();
    suspended.sort_by_key(|(at_ms, _)| std::cmp::Reverse(*at_ms));
    cx.tell(NS, Phrase::SUSPENSIONS_ARE, &[&suspended.len().to_string()]);
    for (_, line) in suspended.into_iter().take(LISTED_MAX) {
        cx.notice(NS, Text::Plain(&line));
    }
}

/// Describes the active suspension of an account in a line.
pub(super) fn describe(cx: &Cx<'_>, account: &Account) -> Option<String> {
    let suspension = account.suspended.as_ref().filter(|suspension| suspension.holds(cx.now.wall_ms))?;
    let (name, since) = (account.name.as_str(), long_date(suspension.at_ms / 1000));
    Some(match suspension.duration_ms {
        Some(duration_ms) => {
            let until = long_date((suspension.at_ms + duration_ms) / 1000);
            cx.said(Phrase::ACCOUNT_SUSPENDED_UNTIL, &[name, &since, &until, &suspension.reason])
        }
        None => cx.said(Phrase::ACCOUNT_SUSPENDED_SINCE, &[name, &since, &suspension.reason]),
    })
}

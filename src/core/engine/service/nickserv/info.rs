//! INFO and LIST: information about accounts.

use std::ops::ControlFlow;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::waiting::LongAnswer;
use crate::engine::service::{ServiceCommand, pattern};
use crate::i18n::Phrase;
use crate::state::Account;
use crate::wire::Text;
use crate::wire::clock::long_date;

use super::{NS, find_account, is_authentication_enabled, own_account, suspend};

/// Number of accounts examined in one step of a long list.
const STEP_ACCOUNTS: usize = 64;

pub(super) const INFO: ServiceCommand = ServiceCommand::new("INFO", info)
    .params(0, 1)
    .enabled(is_authentication_enabled)
    .help("[<account>]: shows information about your account, or another one");

pub(super) const LIST: ServiceCommand = ServiceCommand::new("LIST", list)
    .params(0, 1)
    .right("accreg")
    .enabled(is_authentication_enabled)
    .help("[<regular expression>]: lists accounts");

fn info(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let account = match params.first() {
        Some(name) if is_retired(cx, name) => return Err(NS.refuse(Phrase::ACCOUNT_NAME_RETIRED, &[])),
        Some(name) => find_account(cx, name)?,
        None => own_account(cx)?,
    };
    let account = account.clone();
    let is_own = cx.account().is_some_and(|own| own.name == account.name);
    let registered = long_date(account.registered_ms / 1000);
    cx.tell(NS, Phrase::ACCOUNT_IS, &[account.name.as_str()]);
    cx.tell(NS, Phrase::ACCOUNT_REGISTERED_AT, &[&registered]);
    if !account.verified {
        cx.tell(NS, Phrase::ACCOUNT_IS_UNVERIFIED, &[]);
    }
    if let Some(email) = account.email.as_deref().filter(|_| is_own || cx.user().may("accreg")) {
        cx.tell(NS, Phrase::ACCOUNT_EMAIL_IS, &[email]);
    }
    for nick in &account.nicks {
        cx.tell(NS, Phrase::ACCOUNT_NICK_IS, &[nick.as_str()]);
    }
    for channel in channels(cx, &account, is_own || cx.user().may("sajoin")) {
        cx.tell(NS, Phrase::ACCOUNT_CHANNEL_IS, &[&channel]);
    }
    if let Some(line) = suspend::describe(cx, &account) {
        cx.notice(NS, Text::Plain(&line));
    }
    Ok(())
}

fn is_retired(cx: &Cx<'_>, name: &str) -> bool {
    let key = cx.setup.mapping.nick_key(name);
    key.is_ok_and(|key| cx.state().retired_accounts.contains(&*key))
}

/// Returns the channels that an account founded; secret ones only with `secret_too`.
fn channels(cx: &Cx<'_>, account: &Account, secret_too: bool) -> Vec<String> {
    let founded = cx.state().registered_channels().filter(|(_, channel, registration)| {
        *registration.founder == *account.name.key() && (secret_too || !channel.flags.has('s'))
    });
    founded.map(|(_, channel, _)| channel.name.as_str().to_owned()).collect()
}

/// The position in a long LIST.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct AccountsCursor {
    #[serde(with = "crate::engine::service::pattern::as_text")]
    pattern: Option<Regex>,
    /// The key of the last account examined.
    after: Option<Box<str>>,
}

fn list(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let pattern = params.first().map(|raw| pattern(NS, raw)).transpose()?;
    cx.answer_long(AccountsCursor { pattern, after: None });
    Ok(())
}

impl LongAnswer for AccountsCursor {
    /// Lists the matches among the next `STEP_ACCOUNTS` accounts; ends after the last.
    fn step(&mut self, cx: &mut Cx<'_>) -> ControlFlow<(), usize> {
        let after = cx.state().accounts.iter_after(self.after.as_deref());
        let accounts: Vec<(Box<str>, String)> = after
            .take(STEP_ACCOUNTS)
            .map(|(key, account)| (key.into(), account.name.as_str().to_owned()))
            .collect();
        for (_, name) in &accounts {
            if self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(name)) {
                cx.notice(NS, Text::Plain(name));
            }
        }
        let Some((last, _)) = accounts.into_iter().last() else {
            cx.tell(NS, Phrase::SERVICE_LIST_END, &[]);
            return ControlFlow::Break(());
        };
        self.after = Some(last);
        ControlFlow::Continue(STEP_ACCOUNTS)
    }
}

//! WHO: lists users by channel, nick or mask; with WHOX, the client chooses the fields
//! (<https://ircv3.net/specs/extensions/whox>).

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::context::service::ServiceName;
use crate::engine::context::waiting::LongAnswer;
use crate::engine::policy;
use crate::engine::setup::{ResolvedConfig, settings};
use crate::i18n::Phrase;
use crate::state::members::Place;
use crate::state::{ChannelId, Letters, State, UserId};
use crate::text::{Mask, folded_nuh};
use crate::wire::numeric::{RPL_ENDOFWHO, RPL_WHOREPLY, RPL_WHOSPCRPL};
use crate::wire::{Cap, Message, Text};

use super::{Command, whois};

/// The fields of WHOX in the order in which they are sent; the real name follows them.
const FIELDS: &str = "tcuihsnfdlao";
/// Replaces an address that is not disclosed.
const NO_ADDRESS: &str = "255.255.255.255";

pub(super) const WHO: Command = Command::new("WHO", who)
    .params(1)
    .help("<channel>|<nick>|<mask> [%<fields>[,<token>]]: lists users; fields are those of WHOX");

fn who(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let asked = m.param(0).to_owned();
    let form = m.param_opt(1).and_then(WhoForm::parse);
    let scope = match m.param_opt(1) {
        // A search for operators (`o`) finds none: WHO is not a list of operators to contact.
        Some("o") => None,
        _ => scope(cx, &asked, &form),
    };
    match scope {
        Some(scope) => cx.answer_long(WhoCursor { asked, form, scope }),
        None => end(cx, &asked),
    }
    Ok(())
}

/// Returns the users to search. A nick is answered immediately.
fn scope(cx: &mut Cx<'_>, asked: &str, form: &Option<WhoForm>) -> Option<WhoScope> {
    if asked.starts_with('#') {
        let channel = cx.find_channel(asked).ok()?;
        return policy::sees_channel(cx.state(), cx.me(), channel)
            .then_some(WhoScope::Channel { channel, next: Place::default() });
    }
    if asked.contains(['*', '?', '!', '@']) {
        let mask = Mask::parse(cx.setup.mapping, asked)?;
        return Some(WhoScope::All { mask, slot: 0 });
    }
    match (cx.find_user(asked), ServiceName::by_name(asked)) {
        (Ok(user), _) => show(cx, user, None, form.as_ref()),
        (Err(_), Some(service)) => show_service(cx, service, form.as_ref()),
        (Err(_), None) => {}
    }
    None
}

fn end(cx: &mut Cx<'_>, asked: &str) {
    cx.reply(RPL_ENDOFWHO, &[asked], Text::Said(Phrase::END_OF_WHO, &[]));
}

/// The position in a long WHO.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct WhoCursor {
    asked: String,
    form: Option<WhoForm>,
    scope: WhoScope,
}

#[derive(Debug, Serialize, Deserialize)]
enum WhoScope {
    /// The members of a channel, from this one on.
    Channel { channel: ChannelId, next: Place },
    /// All users that the mask matches, from this slot on.
    All { mask: Mask, slot: u32 },
}

impl LongAnswer for WhoCursor {
    /// Examines the next user; ends after the last.
    fn step(&mut self, cx: &mut Cx<'_>) -> ControlFlow<(), usize> {
        let Some(next) = self.scope.next(cx.state(), cx.me()) else {
            end(cx, &self.asked);
            return ControlFlow::Break(());
        };
        if let Some(user) = next {
            show(cx, user, self.scope.channel(), self.form.as_ref());
        }
        ControlFlow::Continue(1)
    }
}

impl WhoScope {
    fn channel(&self) -> Option<ChannelId> {
        match self {
            WhoScope::Channel { channel, .. } => Some(*channel),
            WhoScope::All { .. } => None,
        }
    }

    /// Returns the next user, `Some(None)` for one that is not shown, or `None` after the last.
    fn next(&mut self, state: &State, me: UserId) -> Option<Option<UserId>> {
        match self {
            WhoScope::Channel { channel, next } => {
                // The channel may have been removed since the list began.
                let (place, user, _) = state.channels.get(*channel)?.members.iter_from(*next).next()?;
                *next = place.next();
                Some(Some(user).filter(|&user| policy::sees_member(state, me, *channel, user)))
            }
            WhoScope::All { slot, .. } if *slot >= state.users.slots() => None,
            WhoScope::All { mask, slot } => {
                *slot += 1;
                let found = state.users.in_slot(*slot - 1).filter(|&(id, user)| {
                    mask.matches(&folded_nuh(user.nick.key(), &user.username, user.host()))
                        && policy::sees_user(state, me, id)
                });
                Some(found.map(|(id, _)| id))
            }
        }
    }
}

fn show(cx: &mut Cx<'_>, user: UserId, channel: Option<ChannelId>, form: Option<&WhoForm>) {
    let realname = cx.state().users[user].realname.to_string();
    reply(cx, form, &realname, |cx, letter, token| field(cx, letter, user, channel, token));
}

/// Shows a service, which has no address, account or idle time.
fn show_service(cx: &mut Cx<'_>, service: ServiceName, form: Option<&WhoForm>) {
    let realname = cx.said(Phrase::SERVICE_REALNAME, &[service.name()]);
    reply(cx, form, &realname, |cx, letter, token| match letter {
        't' => token.to_owned(),
        'u' | 'n' => service.name().to_owned(),
        'i' => NO_ADDRESS.to_owned(),
        'h' => service.host(cx.config()).to_owned(),
        's' => cx.setup.server_name().to_owned(),
        'f' => "H".to_owned(),
        'd' | 'l' | 'a' => "0".to_owned(),
        _ => "*".to_owned(),
    });
}

/// Sends 352, or 354 with the requested fields. `field` returns the field of a letter, given the token.
fn reply(
    cx: &mut Cx<'_>,
    form: Option<&WhoForm>,
    realname: &str,
    field: impl Fn(&Cx<'_>, char, &str) -> String,
) {
    let letters = form.map_or(Letters::of("cuhsnf"), |form| form.fields);
    let token = form.map_or("0", |form| &form.token);
    let requested = FIELDS.chars().filter(|&letter| letters.has(letter));
    let fields: Vec<String> = requested.map(|letter| field(cx, letter, token)).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    match form {
        None => cx.reply(RPL_WHOREPLY, &fields, Text::Plain(&format!("0 {realname}"))),
        Some(_) if letters.has('r') => cx.reply(RPL_WHOSPCRPL, &fields, Text::Plain(realname)),
        Some(_) => cx.reply(RPL_WHOSPCRPL, &fields, Text::None),
    }
}

fn field(cx: &Cx<'_>, letter: char, id: UserId, channel: Option<ChannelId>, token: &str) -> String {
    let user = &cx.state().users[id];
    match letter {
        't' => token.to_owned(),
        'c' => channel.map_or("*", |channel| cx.state().channels[channel].name.as_str()).to_owned(),
        'u' => user.username.to_string(),
        'i' if id == cx.me() || cx.user().may("ban") => {
            ResolvedConfig::address_text(whois::origin(cx, user).1)
        }
        'i' => NO_ADDRESS.to_owned(),
        'h' => user.host().to_owned(),
        's' => cx.setup.server_name().to_owned(),
        'n' => user.nick.as_str().to_owned(),
        'f' => flags(cx, id, channel),
        // Hops to the user.
        'd' => "0".to_owned(),
        'l' => (cx.now.wall_ms / 1000).saturating_sub(user.active_s).to_string(),
        'a' => user.account.as_ref().map_or("0", |account| account.as_str()).to_owned(),
        // Channel operators have no levels.
        _ => "*".to_owned(),
    }
}

/// Returns the flags: here or gone, operator, ranks in the channel, bot, registered.
fn flags(cx: &Cx<'_>, id: UserId, channel: Option<ChannelId>) -> String {
    let user = &cx.state().users[id];
    let mut flags = String::from(if user.away.is_some() { "G" } else { "H" });
    if policy::sees_oper(cx.state(), cx.me(), id) {
        flags.push('*');
    }
    if let Some(channel) = channel {
        let all = cx.served().caps.has(Cap::MultiPrefix);
        flags.extend(cx.state().channels[channel].ranks(id).prefixes(all));
    }
    if user.modes.has('B') {
        flags.push('B');
    }
    // If nicks are account names, a user with an account is the verified owner of the nick.
    if user.account.is_some() && settings::are_nicks_accounts(cx.config()) {
        flags.push('r');
    }
    flags
}

/// The fields and token that a client requests.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct WhoForm {
    fields: Letters,
    token: String,
}

impl WhoForm {
    /// Parses `%fields[,token]`, ignoring anything before the `%`. A token has up to three digits.
    fn parse(text: &str) -> Option<WhoForm> {
        let (_, form) = text.split_once('%')?;
        let (fields, token) = form.split_once(',').unwrap_or((form, ""));
        let valid = (1..=3).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_digit());
        let token = if valid { token } else { "0" }.to_owned();
        Some(WhoForm { fields: Letters::of(&fields.to_ascii_lowercase()), token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whox_forms() {
        let form = |text| WhoForm::parse(text).map(|form| (form.fields.to_string(), form.token));
        let is = |fields: &str, token: &str| Some((fields.to_owned(), token.to_owned()));
        assert_eq!(form("%tna,42"), is("+ant", "42"));
        assert_eq!(form("n%UH"), is("+hu", "0"));
        assert_eq!(form("%t,1234"), is("+t", "0"));
        assert_eq!(form("%t,x"), is("+t", "0"));
        assert_eq!(form("o"), None);
    }
}

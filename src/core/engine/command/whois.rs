//! WHOIS: shows information about a user.

use std::net::IpAddr;

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::context::service::ServiceName;
use crate::engine::door::bans;
use crate::engine::policy;
use crate::engine::setup::ResolvedConfig;
use crate::i18n::Phrase;
use crate::state::{User, UserId};
use crate::text::{Mask, wrap};
use crate::wire::numeric::*;
use crate::wire::{Cap, Message, Text};

use super::Command;

/// Maximum number of users shown to an operator who gives masks, and of nicks and masks in one command.
const FOUND_MAX: usize = 50;
/// Maximum bytes of channels in one 319, so that it fits with any server name and nicks.
const CHANNELS_BYTES_MAX: usize = 380;

pub(super) const WHOIS: Command =
    Command::new("WHOIS", whois).params(1).help("[<server>] <nick>: shows information about a user");

fn whois(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    // There is only one server, so the parameter that names one is ignored.
    let asked = m.param_opt(1).unwrap_or(m.param(0));
    if !cx.user().may("samode") {
        // TARGMAX says WHOIS:1.
        let asked = asked.split(',').next().unwrap_or(asked);
        show(cx, asked);
        cx.reply(RPL_ENDOFWHOIS, &[asked], Text::Said(Phrase::END_OF_WHOIS, &[]));
        return Ok(());
    }
    let mut left = FOUND_MAX;
    for asked in asked.split(',').take(FOUND_MAX) {
        if asked.contains(['*', '?', '!', '@']) {
            left -= show_matching(cx, asked, left);
        } else {
            show(cx, asked);
        }
    }
    cx.reply(RPL_ENDOFWHOIS, &[asked], Text::Said(Phrase::END_OF_WHOIS, &[]));
    Ok(())
}

fn show(cx: &mut Cx<'_>, nick: &str) {
    match (cx.find_user(nick), ServiceName::by_name(nick)) {
        (Ok(user), _) => describe(cx, user),
        (Err(_), Some(service)) => describe_service(cx, service),
        (Err(refusal), None) => refusal.say(cx),
    }
}

/// Shows up to `limit` users that a mask matches. Returns their number.
fn show_matching(cx: &mut Cx<'_>, raw: &str, limit: usize) -> usize {
    let mask = Mask::parse(cx.setup.mapping, raw);
    let matches = |user: &User| {
        mask.as_ref().is_some_and(|mask| bans::sources_of(user).iter().any(|nuh| mask.matches(nuh)))
    };
    let users = cx.state().users.iter().filter(|(_, user)| matches(user));
    let users: Vec<UserId> = users.map(|(id, _)| id).take(limit).collect();
    if users.is_empty() {
        Refusal::NoSuchNick(raw.to_owned()).say(cx);
    }
    for &user in &users {
        describe(cx, user);
    }
    users.len()
}

fn describe_service(cx: &mut Cx<'_>, service: ServiceName) {
    let (name, host) = (service.name(), service.host(cx.config()).to_owned());
    cx.reply(RPL_WHOISUSER, &[name, name, &host, "*"], Text::Said(Phrase::SERVICE_REALNAME, &[name]));
    cx.reply(RPL_WHOISOPERATOR, &[name], Text::Said(Phrase::WHOIS_SERVICE, &[]));
    if cx.user().modes.has('Z') {
        cx.reply(RPL_WHOISSECURE, &[name], Text::Said(Phrase::WHOIS_SECURE, &[]));
    }
}

fn describe(cx: &mut Cx<'_>, id: UserId) {
    let user = cx.state().users[id].clone();
    let nick = user.nick.as_str();
    cx.reply(RPL_WHOISUSER, &[nick, &user.username, user.host(), "*"], Text::Plain(&user.realname));
    for line in wrap(channels(cx, id), CHANNELS_BYTES_MAX) {
        cx.reply(RPL_WHOISCHANNELS, &[nick], Text::Plain(&line));
    }
    if let Some(oper) = user.oper.as_ref().filter(|_| policy::sees_oper(cx.state(), cx.me(), id)) {
        cx.reply(RPL_WHOISOPERATOR, &[nick], Text::Plain(&oper.title));
    }
    let sees_address = id == cx.me() || cx.user().may("ban");
    if sees_address {
        let (host, ip) = origin(cx, &user);
        let host = format!("{}@{host}", user.username);
        cx.reply(
            RPL_WHOISACTUALLY,
            &[nick, &host, &ResolvedConfig::address_text(ip)],
            Text::Said(Phrase::WHOIS_ACTUALLY, &[]),
        );
    }
    if id == cx.me() || cx.user().may("samode") {
        let modes = user.modes.to_string();
        cx.reply(RPL_WHOISMODES, &[nick], Text::Said(Phrase::WHOIS_MODES, &[&modes]));
    }
    if user.modes.has('Z') {
        cx.reply(RPL_WHOISSECURE, &[nick], Text::Said(Phrase::WHOIS_SECURE, &[]));
    }
    if let Some(account) = &user.account {
        cx.reply(RPL_WHOISACCOUNT, &[nick, account.as_str()], Text::Said(Phrase::WHOIS_ACCOUNT, &[]));
    }
    if user.modes.has('B') {
        let network = &cx.config().network.name;
        cx.reply(RPL_WHOISBOT, &[nick], Text::Said(Phrase::WHOIS_BOT, &[network]));
    }
    for session in user.sessions.iter().filter(|_| sees_address) {
        if let Some(certfp) = cx.state().sessions[*session].door.certfp.clone() {
            cx.reply(RPL_WHOISCERTFP, &[nick], Text::Said(Phrase::WHOIS_CERTFP, &[&certfp]));
        }
    }
    let idle_s = (cx.now.wall_ms / 1000).saturating_sub(user.active_s);
    let times = [nick, &idle_s.to_string(), &user.signed_on_s.to_string()];
    cx.reply(RPL_WHOISIDLE, &times, Text::Said(Phrase::WHOIS_IDLE, &[]));
    if let Some(away) = &user.away {
        cx.reply(RPL_AWAY, &[nick], Text::Plain(away));
    }
}

/// Returns the host and address that a user connects from: those of the oldest session or, for an always-on
/// user without sessions, those of the server.
pub fn origin(cx: &Cx<'_>, user: &User) -> (String, IpAddr) {
    let mut doors = user.sessions.iter().map(|&session| &cx.state().sessions[session].door);
    match doors.next() {
        None => (cx.setup.server_name().to_owned(), IpAddr::from([127, 0, 0, 1])),
        Some(door) if door.ip == user.ip => (user.real_host.to_string(), user.ip),
        Some(door) => (ResolvedConfig::address_text(door.ip), door.ip),
    }
}

/// Returns the channels of a user that the user being served may see, with prefixes.
fn channels(cx: &Cx<'_>, id: UserId) -> Vec<String> {
    let (state, me) = (cx.state(), cx.me());
    let all = cx.served().caps.has(Cap::MultiPrefix);
    let joined = state.users[id].channels.iter().copied();
    let seen = joined.filter(|&channel| {
        policy::sees_channel(state, me, channel) && policy::sees_member(state, me, channel, id)
    });
    let shown = seen.map(|channel| {
        let channel = &state.channels[channel];
        channel.ranks(id).prefixes(all).chain(channel.name.as_str().chars()).collect()
    });
    shown.collect()
}

//! WHOIS: what may be known of a user.

use crate::engine::cx::Cx;
use crate::engine::policy;
use crate::engine::refusal::Outcome;
use crate::engine::setup::Setup;
use crate::i18n::Phrase;
use crate::state::UserId;
use crate::text::wrap;
use crate::wire::numeric::*;
use crate::wire::{Cap, Message, Text};

use super::{Command, When};

/// Bytes of channels in one 319, so that it fits with any server name and nicks.
const CHANNELS_BYTES_MAX: usize = 380;

pub(super) const WHOIS: Command = Command {
    name: "WHOIS",
    params_min: 1,
    when: When::Registered,
    right: None,
    help: "[<server>] <nick>: shows what is known of a user",
    run: whois,
};

fn whois(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    // There is one server, so the one before the nick does not matter. TARGMAX says WHOIS:1.
    let asked = m.param_opt(1).unwrap_or(m.param(0));
    let asked = asked.split(',').next().unwrap_or(asked);
    match cx.find_user(asked) {
        Ok(user) => describe(cx, user),
        Err(refusal) => refusal.say(cx),
    }
    cx.reply(RPL_ENDOFWHOIS, &[asked], Text::Said(Phrase::END_OF_WHOIS, &[]));
    Ok(())
}

fn describe(cx: &mut Cx<'_>, id: UserId) {
    let user = cx.state().users[id].clone();
    let nick = user.nick.as_str();
    cx.reply(RPL_WHOISUSER, &[nick, &user.username, &user.host, "*"], Text::Plain(&user.realname));
    for line in wrap(channels(cx, id), CHANNELS_BYTES_MAX) {
        cx.reply(RPL_WHOISCHANNELS, &[nick], Text::Plain(&line));
    }
    if let Some(oper) = user.oper.as_ref().filter(|_| policy::sees_oper(cx.state(), cx.me(), id)) {
        cx.reply(RPL_WHOISOPERATOR, &[nick], Text::Plain(&oper.title));
    }
    let sees_address = id == cx.me() || cx.user().may("ban");
    if sees_address {
        let (host, ip) = (format!("{}@{}", user.username, user.real_host), Setup::address_text(user.ip));
        cx.reply(RPL_WHOISACTUALLY, &[nick, &host, &ip], Text::Said(Phrase::WHOIS_ACTUALLY, &[]));
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

/// The channels that the asker may know the user to be in, with the user's ranks.
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

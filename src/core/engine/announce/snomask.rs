//! Server notices: notifies operators of facts of the kinds to which they subscribed, each with a letter.

use crate::config::LogType;
use crate::engine::border::Level;
use crate::engine::context::turn::Turn;
use crate::engine::context::voice::sessions_of;
use crate::engine::setup::ResolvedConfig;
use crate::i18n::Phrase;
use crate::state::fact::{AccountChange, OperAction, RegistryChange};
use crate::state::{Fact, Letters, State, UserId};
use crate::wire::{Body, Caps, Origin, Outgoing, Text};

/// The letters, with their names in the notices.
const MASKS: [(char, &str); 11] = [
    ('a', "ANNOUNCEMENT"),
    ('c', "CONNECT"),
    ('d', "DISCONNECT"),
    ('j', "CHANNEL"),
    ('k', "KILL"),
    ('n', "NICK"),
    ('o', "OPER"),
    ('q', "QUIT"),
    ('u', "ACCOUNT"),
    ('v', "VHOST"),
    ('x', "XLINE"),
];

/// Returns the masks after changes such as `acj`, `+ac-j` or (`adding` false) `ac`. Unknown letters are
/// ignored.
pub fn changed(current: Letters, changes: &str, mut adding: bool) -> Letters {
    let mut masks = current;
    for letter in changes.chars() {
        match letter {
            '+' => adding = true,
            '-' => adding = false,
            _ if MASKS.iter().any(|(known, _)| *known == letter) => masks.set(letter, adding),
            _ => {}
        }
    }
    masks
}

/// Notifies subscribed operators of a fact that is about to be applied, and logs actions of operators.
pub fn notify(turn: &mut Turn<'_>, fact: &Fact<'_>) {
    if let Fact::OperAction(OperAction::Did { did }) = fact {
        turn.note(Level::Info, LogType::Opers, (*did).to_owned());
    }
    if let Fact::OperAction(OperAction::Ban { .. }) | Fact::OperAction(OperAction::Defcon { .. }) = fact
        && let Some((_, text)) = notice_of(turn.setup, turn.state(), fact)
    {
        turn.note(Level::Info, LogType::Opers, text);
    }
    if turn.state().snomask_readers.is_empty() {
        return;
    }
    if let Some((letter, text)) = notice_of(turn.setup, turn.state(), fact) {
        send(turn, letter, &text);
    }
}

fn send(turn: &mut Turn<'_>, letter: char, text: &str) {
    let name = MASKS.iter().find(|(known, _)| *known == letter).map_or("", |(_, name)| name);
    let text = format!("-{name}- {text}");
    let reads = |user: &UserId| turn.state().users[*user].snomasks.has(letter);
    for user in turn.state().snomask_readers.iter().copied().filter(reads).collect::<Vec<_>>() {
        let state: &State = turn.ledger;
        let nick = state.users[user].nick.as_str();
        let body = Body::Command { verb: "NOTICE", params: &[nick], text: Text::Plain(&text) };
        let line = Outgoing { source: turn.setup.server_name(), origin: Origin::default(), body };
        turn.voice.deliver(state, &line, Caps::NONE, sessions_of(state, [user].into_iter()));
    }
}

/// Returns the letter of a fact, and the text of its notice.
fn notice_of(setup: &ResolvedConfig, state: &State, fact: &Fact<'_>) -> Option<(char, String)> {
    let said = |phrase: Phrase, args: &[&str]| setup.said(phrase, args);
    let source = |user: &UserId| state.users[*user].source().to_owned();
    let nick = |user: &UserId| state.users[*user].nick.as_str().to_owned();
    Some(match fact {
        Fact::Registered { user, .. } => {
            let ip = ResolvedConfig::address_text(user.ip);
            let (nick, host) = (user.nick.as_str(), &user.real_host);
            let (username, realname) = (&user.username, &user.realname);
            ('c', said(Phrase::SNO_CONNECTED, &[nick, username, host, &ip, realname]))
        }
        Fact::Attached { session, user } => {
            let ip = ResolvedConfig::address_text(state.sessions[*session].door.ip);
            ('c', said(Phrase::SNO_ATTACHED, &[&nick(user), &ip]))
        }
        Fact::Detached { session, .. } => {
            let session = &state.sessions[*session];
            let ip = ResolvedConfig::address_text(session.door.ip);
            ('d', said(Phrase::SNO_DETACHED, &[&nick(&session.user()?), &ip]))
        }
        Fact::ChannelCreated { name, .. } => ('j', said(Phrase::SNO_CHANNEL_CREATED, &[name.as_str()])),
        Fact::RegistryChanged { channel, change } => ('j', registry(setup, state, *channel, change)?),
        Fact::PurgeSet { key, purge: Some(purge) } => {
            ('j', said(Phrase::SNO_PURGED, &[key, &purge.by, &purge.reason]))
        }
        Fact::PurgeSet { key, purge: None } => ('j', said(Phrase::SNO_UNPURGED, &[key])),
        Fact::Killed { by, user, reason } => {
            ('k', said(Phrase::SNO_KILLED, &[&source(user), &nick(by), reason]))
        }
        Fact::NickChanged { user, nick: new } => ('n', said(Phrase::SNO_NICK, &[&nick(user), new.as_str()])),
        Fact::OperAction(OperAction::Did { did }) => ('o', (*did).to_owned()),
        Fact::OperChanged { user, oper: Some(oper) } => {
            ('o', said(Phrase::SNO_OPERED, &[&source(user), &oper.name]))
        }
        Fact::OperChanged { user, oper: None } => ('o', said(Phrase::SNO_DEOPERED, &[&source(user)])),
        Fact::Quit { user, reason } => ('q', said(Phrase::SNO_QUIT, &[&nick(user), reason])),
        Fact::LoggedIn { session, account, .. } => {
            let user = state.sessions[*session].user()?;
            ('u', said(Phrase::SNO_LOGGED_IN, &[&source(&user), account]))
        }
        Fact::AccountMade { account } => ('u', said(Phrase::SNO_REGISTERED, &[account.name.as_str()])),
        Fact::AccountRemoved { account, .. } => ('u', said(Phrase::SNO_UNREGISTERED, &[account])),
        Fact::AccountChanged { account, change } => return account_changed(setup, account, change),
        Fact::OperAction(OperAction::Ban { target, info, by }) => {
            ('x', ban(setup, target, info.as_deref(), *by))
        }
        Fact::OperAction(OperAction::Defcon { level, by }) => {
            ('a', said(Phrase::SNO_DEFCON, &[by, &level.level().to_string()]))
        }
        _ => return None,
    })
}

fn registry(
    setup: &ResolvedConfig,
    state: &State,
    channel: crate::state::ChannelId,
    change: &RegistryChange<'_>,
) -> Option<String> {
    let name = state.channels[channel].name.as_str();
    let said = |phrase: Phrase, args: &[&str]| setup.said(phrase, args);
    match change {
        RegistryChange::Registered { founder } => {
            Some(said(Phrase::SNO_CHANNEL_REGISTERED, &[name, founder]))
        }
        RegistryChange::Unregistered => Some(said(Phrase::SNO_CHANNEL_UNREGISTERED, &[name])),
        RegistryChange::Founder(founder) => Some(said(Phrase::SNO_CHANNEL_TRANSFERRED, &[name, founder])),
        _ => None,
    }
}

fn account_changed(
    setup: &ResolvedConfig,
    account: &str,
    change: &AccountChange<'_>,
) -> Option<(char, String)> {
    let said = |phrase: Phrase, args: &[&str]| setup.said(phrase, args);
    Some(match change {
        AccountChange::Verified => ('u', said(Phrase::SNO_VERIFIED, &[account])),
        AccountChange::Suspended(Some(suspension)) => {
            ('u', said(Phrase::SNO_SUSPENDED, &[account, &suspension.by, &suspension.reason]))
        }
        AccountChange::Suspended(None) => ('u', said(Phrase::SNO_UNSUSPENDED, &[account])),
        AccountChange::Vhost(Some(vhost)) if vhost.enabled => {
            ('v', said(Phrase::SNO_VHOST, &[account, &vhost.host]))
        }
        AccountChange::Vhost(_) => ('v', said(Phrase::SNO_NO_VHOST, &[account])),
        _ => return None,
    })
}

fn ban(
    setup: &ResolvedConfig,
    target: &crate::state::ban::BanTarget,
    info: Option<&crate::state::ban::BanInfo>,
    by: Option<&str>,
) -> String {
    let said = |phrase: Phrase, args: &[&str]| setup.said(phrase, args);
    let Some(info) = info else {
        return match by {
            Some(by) => said(Phrase::SNO_UNBANNED, &[by, &target.to_string()]),
            None => said(Phrase::SNO_BAN_EXPIRED, &[&target.to_string()]),
        };
    };
    let mut text = said(Phrase::SNO_BANNED, &[&info.by, &target.to_string()]);
    if let Some(duration_ms) = info.duration_ms {
        text += &said(Phrase::SNO_BAN_FOR, &[&(duration_ms / 1000).to_string()]);
    }
    if info.require_sasl {
        text += &said(Phrase::SNO_BAN_SASL, &[]);
    }
    for reason in [&info.reason, &info.oper_reason] {
        if !reason.is_empty() {
            text += &format!(" [{reason}]");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_added_and_removed() {
        let change = |from: &str, how: &str, on| changed(Letters::of(from), how, on).to_string();
        assert_eq!(change("", "acz", true), "+ac");
        assert_eq!(change("ac", "+k-a", true), "+ck");
        assert_eq!(change("ack", "ak", false), "+c");
    }
}

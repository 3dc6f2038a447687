//! Server notices: what operators who asked for it hear of what happens, by letter. Follows from facts
//! alone.

use crate::engine::context::turn::Turn;
use crate::engine::context::voice::sessions_of;
use crate::engine::effect::Level;
use crate::engine::setup::Setup;
use crate::state::fact::{AccountChange, OperAction, RegistryChange};
use crate::state::{Fact, Letters, State, UserId};
use crate::wire::{Body, Caps, Origin, Outgoing, Text};

/// The letters, with what they are called in the notices.
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

/// The masks after changes such as `acj`, `+ac-j` or (`adding` false) `ac`; unknown letters do not count.
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

/// Tells the readers of a fact that is about to hold.
pub fn tell(turn: &mut Turn<'_>, fact: &Fact<'_>) {
    if let Fact::OperAction(OperAction::Did { did }) = fact {
        turn.note(Level::Info, "opers", (*did).to_owned());
    }
    if let Fact::OperAction(OperAction::Ban { .. }) | Fact::OperAction(OperAction::Defcon { .. }) = fact
        && let Some((_, text)) = told(turn.state(), fact)
    {
        turn.note(Level::Info, "opers", text);
    }
    if turn.state().snomask_readers.is_empty() {
        return;
    }
    if let Some((letter, text)) = told(turn.state(), fact) {
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

/// The letter that covers a fact, and the words.
fn told(state: &State, fact: &Fact<'_>) -> Option<(char, String)> {
    let source = |user: &UserId| state.users[*user].source().to_owned();
    let nick = |user: &UserId| state.users[*user].nick.as_str().to_owned();
    Some(match fact {
        Fact::Registered { user, .. } => {
            let ip = Setup::address_text(user.ip);
            let (nick, host) = (user.nick.as_str(), &user.real_host);
            let (username, realname) = (&user.username, &user.realname);
            ('c', format!("Client connected [{nick}] [u:{username}] [h:{host}] [ip:{ip}] [r:{realname}]"))
        }
        Fact::Attached { session, user } => {
            let ip = Setup::address_text(state.sessions[*session].door.ip);
            ('c', format!("Client session connected [{}] [ip:{ip}]", nick(user)))
        }
        Fact::Detached { session, .. } => {
            let session = &state.sessions[*session];
            let ip = Setup::address_text(session.door.ip);
            ('d', format!("Client session disconnected [{}] [ip:{ip}]", nick(&session.user()?)))
        }
        Fact::ChannelCreated { name, .. } => ('j', format!("Channel {} was formed", name.as_str())),
        Fact::RegistryChanged { channel, change } => ('j', registry(state, *channel, change)?),
        Fact::PurgeSet { key, purge: Some(purge) } => {
            ('j', format!("Channel {key} was purged by {} [reason: {}]", purge.by, purge.reason))
        }
        Fact::PurgeSet { key, purge: None } => ('j', format!("Channel {key} is no longer purged")),
        Fact::Killed { by, user, reason } => {
            ('k', format!("{} was killed by {} [reason: {reason}]", source(user), nick(by)))
        }
        Fact::NickChanged { user, nick: new } => {
            ('n', format!("{} changed nickname to {}", nick(user), new.as_str()))
        }
        Fact::OperAction(OperAction::Did { did }) => ('o', (*did).to_owned()),
        Fact::OperChanged { user, oper: Some(oper) } => {
            ('o', format!("Client opered up [{}] [{}]", source(user), oper.name))
        }
        Fact::OperChanged { user, oper: None } => ('o', format!("Client deopered [{}]", source(user))),
        Fact::Quit { user, reason } => ('q', format!("{} exited the network [{reason}]", nick(user))),
        Fact::LoggedIn { session, account, .. } => {
            let user = state.sessions[*session].user()?;
            ('u', format!("Client {} logged into account {account}", source(&user)))
        }
        Fact::AccountMade { account } => ('u', format!("Account {} was registered", account.name.as_str())),
        Fact::AccountRemoved { account, .. } => ('u', format!("Account {account} was unregistered")),
        Fact::AccountChanged { account, change } => return account_changed(account, change),
        Fact::OperAction(OperAction::Ban { target, info, by }) => ('x', ban(target, info.as_deref(), *by)),
        Fact::OperAction(OperAction::Defcon { level, by }) => {
            ('a', format!("{} set DEFCON level to {}", nick(by), level.level()))
        }
        _ => return None,
    })
}

fn registry(state: &State, channel: crate::state::ChannelId, change: &RegistryChange<'_>) -> Option<String> {
    let name = state.channels[channel].name.as_str();
    match change {
        RegistryChange::Registered { founder } => Some(format!("Channel {name} was registered by {founder}")),
        RegistryChange::Unregistered => Some(format!("Channel {name} was unregistered")),
        RegistryChange::Founder(founder) => Some(format!("Channel {name} was transferred to {founder}")),
        _ => None,
    }
}

fn account_changed(account: &str, change: &AccountChange<'_>) -> Option<(char, String)> {
    Some(match change {
        AccountChange::Verified => ('u', format!("Account {account} was verified")),
        AccountChange::Suspended(Some(suspension)) => (
            'u',
            format!("Account {account} was suspended by {} [reason: {}]", suspension.by, suspension.reason),
        ),
        AccountChange::Suspended(None) => ('u', format!("Account {account} is no longer suspended")),
        AccountChange::Vhost(Some(vhost)) if vhost.enabled => {
            ('v', format!("Account {account} has the vhost {}", vhost.host))
        }
        AccountChange::Vhost(_) => ('v', format!("Account {account} shows no vhost")),
        _ => return None,
    })
}

fn ban(
    target: &crate::state::ban::BanTarget,
    info: Option<&crate::state::ban::BanInfo>,
    by: Option<&str>,
) -> String {
    let Some(info) = info else {
        return match by {
            Some(by) => format!("{by} removed the ban of {target}"),
            None => format!("The ban of {target} has expired"),
        };
    };
    let mut text = format!("{} banned {target}", info.by);
    if let Some(duration_ms) = info.duration_ms {
        text += &format!(" [for {} seconds]", duration_ms / 1000);
    }
    if info.require_sasl {
        text += " [unless logged in]";
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
    fn letters_change_as_asked() {
        let change = |from: &str, how: &str, on| changed(Letters::of(from), how, on).to_string();
        assert_eq!(change("", "acz", true), "+ac");
        assert_eq!(change("ac", "+k-a", true), "+ck");
        assert_eq!(change("ack", "ak", false), "+c");
    }
}

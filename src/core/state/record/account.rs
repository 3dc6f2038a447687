//! The record of an account.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::auth::{Credentials, is_device};
use crate::state::account::{
    Account, Code, Enforcement, HistoryChoice, Purpose, Settings, Suspension, Vhost,
};
use crate::state::apply::Moment;
use crate::state::user::{DISCONNECTED, NewUser};
use crate::state::{ChannelId, Letters, Member, State, User, UserId};

use super::channel::{ranks_from, ranks_text};

/// The maximum length of a stored name, in bytes: the configured limits may have been lowered since.
const NAME_BYTES_MAX: usize = 400;

#[derive(Serialize, Deserialize)]
pub(super) struct AccountRecord {
    name: String,
    registered_ms: u64,
    verified: bool,
    credentials: Credentials,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    codes: Vec<CodeRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    nicks: Vec<String>,
    #[serde(default)]
    settings: SettingsRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vhost: Option<VhostRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suspended: Option<SuspensionRecord>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    last_seen: IndexMap<String, u64>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    read_markers: IndexMap<String, u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    presence: Option<PresenceRecord>,
}

#[derive(Serialize, Deserialize)]
struct CodeRecord {
    purpose: PurposeRecord,
    code: String,
    email: String,
    at_ms: u64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "Purpose")]
enum PurposeForm {
    Verification,
    PasswordReset,
    EmailChange,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
struct PurposeRecord(#[serde(with = "PurposeForm")] Purpose);

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct SettingsRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    enforcement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multiclient: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    always_on: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_away: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    autoreplay_lines: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay_joins: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    autoreplay_missed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dm_history: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct VhostRecord {
    host: String,
    enabled: bool,
}

#[derive(Serialize, Deserialize)]
struct SuspensionRecord {
    by: String,
    reason: String,
    at_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
}

/// The presence of an always-on user.
#[derive(Serialize, Deserialize)]
pub(super) struct PresenceRecord {
    nick: String,
    username: String,
    realname: String,
    modes: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    away: Option<String>,
    channels: Vec<(String, String, u64)>,
}

pub(super) fn history_text(choice: HistoryChoice) -> String {
    match choice {
        HistoryChoice::Off => "off",
        HistoryChoice::Ephemeral => "ephemeral",
        HistoryChoice::On => "on",
    }
    .to_owned()
}

pub(super) fn history_from(text: &str) -> Option<HistoryChoice> {
    match text {
        "off" => Some(HistoryChoice::Off),
        "ephemeral" => Some(HistoryChoice::Ephemeral),
        "on" => Some(HistoryChoice::On),
        _ => None,
    }
}

/// Returns the record of an account, including the presence of its always-on user.
pub(super) fn encode(state: &State, account: &Account) -> AccountRecord {
    let settings = &account.settings;
    let times = |list: &IndexMap<Box<str>, u64>| list.iter().map(|(k, &v)| (k.to_string(), v)).collect();
    let mut stays = state.users_of(account.name.key()).iter().filter(|&&user| state.users[user].always_on);
    AccountRecord {
        name: account.name.as_str().to_owned(),
        registered_ms: account.registered_ms,
        verified: account.verified,
        credentials: account.credentials.clone(),
        email: account.email.as_deref().map(str::to_owned),
        codes: account.codes.iter().map(encode_code).collect(),
        nicks: account.nicks.iter().map(|nick| nick.as_str().to_owned()).collect(),
        settings: SettingsRecord {
            enforcement: settings.enforcement.map(|enforcement| {
                if enforcement == Enforcement::Strict { "strict" } else { "none" }.to_owned()
            }),
            multiclient: settings.multiclient,
            always_on: settings.always_on,
            auto_away: settings.auto_away,
            autoreplay_lines: settings.autoreplay_lines,
            replay_joins: settings.replay_joins,
            autoreplay_missed: settings.autoreplay_missed,
            dm_history: settings.dm_history.map(history_text),
        },
        vhost: account
            .vhost
            .as_ref()
            .map(|vhost| VhostRecord { host: vhost.host.to_string(), enabled: vhost.enabled }),
        suspended: account.suspended.as_ref().map(|suspension| SuspensionRecord {
            by: suspension.by.to_string(),
            reason: suspension.reason.to_string(),
            at_ms: suspension.at_ms,
            duration_ms: suspension.duration_ms,
        }),
        last_seen: times(&account.last_seen),
        read_markers: times(&account.read_markers),
        presence: stays.next().map(|&user| encode_presence(state, user)),
    }
}

fn encode_code(code: &Code) -> CodeRecord {
    CodeRecord {
        purpose: PurposeRecord(code.purpose),
        code: code.code.to_string(),
        email: code.email.to_string(),
        at_ms: code.at_ms,
    }
}

fn encode_presence(state: &State, id: UserId) -> PresenceRecord {
    let user = &state.users[id];
    // Operator status is not stored: the next session must use OPER again.
    let kept: String = user.modes.iter().filter(|letter| !"osZ".contains(*letter)).collect();
    let place = |channel: &ChannelId| {
        let channel = &state.channels[*channel];
        let member = channel.members[&id];
        (channel.name.as_str().to_owned(), ranks_text(member.ranks), member.joined_s)
    };
    PresenceRecord {
        nick: user.nick.as_str().to_owned(),
        username: user.username.to_string(),
        realname: user.realname.to_string(),
        modes: kept,
        away: user.away.as_deref().filter(|&text| text != DISCONNECTED).map(str::to_owned),
        channels: user.channels.iter().map(place).collect(),
    }
}

impl AccountRecord {
    pub(super) fn decode(self, moment: Moment) -> Result<(Account, Option<PresenceRecord>), String> {
        let mapping = moment.mapping;
        let name = mapping.account(&self.name, NAME_BYTES_MAX).map_err(|error| error.to_string())?;
        let nick = |nick: &String| mapping.nick(nick, NAME_BYTES_MAX).map_err(|error| error.to_string());
        let times = |list: IndexMap<String, u64>| list.into_iter().map(|(k, v)| (k.into(), v)).collect();
        let settings = self.settings;
        let mut last_seen = self.last_seen;
        // Older versions accepted any string as a device. The empty name stands for clients without one.
        last_seen.retain(|device, _| device.is_empty() || is_device(device));
        let account = Account {
            name,
            registered_ms: self.registered_ms,
            verified: self.verified,
            credentials: self.credentials,
            email: self.email.map(Into::into),
            codes: self.codes.into_iter().map(CodeRecord::decode).collect(),
            nicks: self.nicks.iter().map(nick).collect::<Result<_, _>>()?,
            settings: Settings {
                enforcement: settings.enforcement.map(|text| match text.as_str() {
                    "none" => Enforcement::None,
                    _ => Enforcement::Strict,
                }),
                multiclient: settings.multiclient,
                always_on: settings.always_on,
                auto_away: settings.auto_away,
                autoreplay_lines: settings.autoreplay_lines,
                replay_joins: settings.replay_joins,
                autoreplay_missed: settings.autoreplay_missed,
                dm_history: settings.dm_history.as_deref().and_then(history_from),
            },
            vhost: self.vhost.map(|vhost| Vhost { host: vhost.host.into(), enabled: vhost.enabled }),
            suspended: self.suspended.map(|suspension| Suspension {
                by: suspension.by.into(),
                reason: suspension.reason.into(),
                at_ms: suspension.at_ms,
                duration_ms: suspension.duration_ms,
            }),
            last_seen: times(last_seen),
            read_markers: times(self.read_markers),
        };
        Ok((account, self.presence))
    }
}

impl CodeRecord {
    fn decode(self) -> Code {
        let CodeRecord { purpose, code, email, at_ms } = self;
        Code { purpose: purpose.0, code: code.into(), email: email.into(), at_ms }
    }
}

impl PresenceRecord {
    /// Restores the always-on user.
    pub(super) fn restore(self, state: &mut State, moment: Moment, account: &str) -> Result<(), String> {
        let mapping = moment.mapping;
        let nick = mapping.nick(&self.nick, NAME_BYTES_MAX).map_err(|error| error.to_string())?;
        if state.user_by_key(nick.key()).is_some() {
            return Err(format!("the nick {} of its user is taken", nick.as_str()));
        }
        let placeholder = std::net::IpAddr::from([127, 0, 0, 1]);
        let host: Box<str> = "always-on.invalid".into();
        let new = NewUser {
            nick,
            username: self.username.into(),
            realname: self.realname.into(),
            cloak: host.clone(),
            real_host: host,
            ip: placeholder,
            modes: Letters::of(&self.modes),
            account: state.accounts.get(account).map(|account| account.name.clone()),
            at_s: moment.wall_ms / 1000,
        };
        let id = state.insert_user(moment, User::new(new, None));
        state.users[id].always_on = true;
        state.users[id].away = self.away.map(Into::into);
        for (name, ranks, joined_s) in self.channels {
            let name = mapping.channel(&name, NAME_BYTES_MAX).map_err(|error| error.to_string())?;
            let channel = match state.channel_by_key(name.key()) {
                Some(channel) => channel,
                None => state.create_channel(moment, name, Letters::of("nt")),
            };
            let member = Member { ranks: ranks_from(&ranks), joined_s };
            state.channels[channel].members.insert(id, member);
            state.users[id].channels.push(channel);
        }
        Ok(())
    }
}

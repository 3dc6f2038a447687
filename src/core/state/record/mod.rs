//! The stored form of what outlives a restart: JSON records, each with its version, by key.
//!
//! | key | what |
//! |---|---|
//! | `account/<folded name>` | an account, and where its always-on user is |
//! | `retired/<folded name>` | an account name that may not be taken again |
//! | `channel/<folded name>` | a registered channel |
//! | `purge/<folded name>` | a channel name nobody may use |
//! | `secret/cloak` | the secret of the cloaks, once an operator has changed the first one |
//! | `ban/d/<range>` | a ban of a range of addresses |
//! | `ban/k/<mask>` | a ban of a mask |
//!
//! What is read here was written here, by this version or an older one; names are kept as shown and
//! folded anew, since folding depends on the case mapping.

mod account;
mod ban;
mod channel;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account::Account;
use super::apply::Moment;
use super::registry::Purge;
use super::{State, UserId};

/// Version of all record forms; older ones are understood.
const VERSION: u32 = 1;

/// Key of an account's record.
pub fn account_key(account: &str) -> String {
    format!("account/{account}")
}

/// Key of the record of a name that may not be taken again.
pub fn retired_key(account: &str) -> String {
    format!("retired/{account}")
}

/// Key of a registered channel's record.
pub fn channel_key(channel: &str) -> String {
    format!("channel/{channel}")
}

/// Key of the record of a channel name nobody may use.
pub fn purge_key(channel: &str) -> String {
    format!("purge/{channel}")
}

/// Key of the record of the cloaks' secret.
pub const CLOAK_SECRET_KEY: &str = "secret/cloak";

/// Key of a ban's record; see [`super::ban::BanTarget::key`].
pub fn ban_key(target: &str) -> String {
    format!("ban/{target}")
}

/// A record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRecord {
    /// Its key.
    pub key: String,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for BadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}: {}", self.key, self.why)
    }
}

/// The envelope of every record.
#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    version: u32,
    #[serde(flatten)]
    record: T,
}

#[derive(Serialize, Deserialize)]
struct PurgeRecord {
    name: String,
    by: String,
    reason: String,
    at_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct SecretRecord {
    secret: String,
}

#[derive(Serialize, Deserialize)]
struct Empty {}

impl State {
    /// The record of a key as it is to be stored now; `None` if there is nothing to store.
    pub fn encode(&self, key: &str) -> Option<Vec<u8>> {
        let (kind, name) = key.split_once('/')?;
        match kind {
            "account" => self.accounts.get(name).map(|account| to_json(account::encode(self, account))),
            "retired" => self.retired_accounts.contains(name).then(|| to_json(Empty {})),
            "channel" => {
                let channel = &self.channels[self.channel_by_key(name)?];
                channel
                    .registration
                    .as_ref()
                    .map(|registration| to_json(channel::encode(channel, registration)))
            }
            "ban" => self.bans.by_key(name).map(|info| to_json(ban::encode(info))),
            "purge" => self.purges.get(name).map(|purge| {
                to_json(PurgeRecord {
                    name: purge.name.to_string(),
                    by: purge.by.to_string(),
                    reason: purge.reason.to_string(),
                    at_ms: purge.at_ms,
                })
            }),
            _ if key == CLOAK_SECRET_KEY => {
                self.cloak_secret.as_ref().map(|secret| to_json(SecretRecord { secret: secret.to_string() }))
            }
            _ => None,
        }
    }

    /// Takes the records of an earlier run in; for an empty state only. `stays` tells whether the
    /// always-on user of an account is to come back. What cannot be read is left out and named.
    pub fn restore(
        &mut self,
        moment: Moment,
        records: &[(String, Vec<u8>)],
        stays: impl Fn(&Account) -> bool,
    ) -> Vec<BadRecord> {
        let mut bad = Vec::new();
        let mut presences = Vec::new();
        for (key, value) in records {
            let result = self.restore_one(moment, key, value, &mut presences);
            bad.extend(result.err().map(|why| BadRecord { key: key.clone(), why }));
        }
        for (account, presence) in presences {
            if self.accounts.get(&account).is_some_and(|account| stays(account)) {
                let result = presence.restore(self, moment, &account);
                bad.extend(result.err().map(|why| BadRecord { key: account_key(&account), why }));
            }
        }
        self.dirty.clear();
        self.dirty_soon.clear();
        bad
    }

    /// Says where a user who was taken in comes from, and what that is hidden behind.
    pub fn assign_host(&mut self, user: UserId, real_host: &str, cloak: &str) {
        self.users[user].move_to(real_host, cloak);
    }

    /// Says that a user who was taken in is away.
    pub fn leave_away(&mut self, user: UserId, text: &str) {
        self.users[user].away = Some(text.into());
    }

    fn restore_one(
        &mut self,
        moment: Moment,
        key: &str,
        value: &[u8],
        presences: &mut Vec<(Box<str>, account::PresenceRecord)>,
    ) -> Result<(), String> {
        let (kind, name) = key.split_once('/').ok_or("the key has no kind")?;
        match kind {
            "account" => {
                let record: account::AccountRecord = from_json(value)?;
                let (account, presence) = record.decode(moment)?;
                presences.extend(presence.map(|presence| (account.name.key().into(), presence)));
                self.make_account(moment, Box::new(account));
            }
            "retired" => self.retire(moment, name),
            "ban" => {
                let target = ban::target(moment.mapping, name)?;
                self.bans.set(target, Some(from_json::<ban::BanRecord>(value)?.decode()));
            }
            "channel" => from_json::<channel::ChannelRecord>(value)?.restore(self, moment)?,
            "purge" => {
                let PurgeRecord { name: shown, by, reason, at_ms } = from_json(value)?;
                let purge = Purge { name: shown.into(), by: by.into(), reason: reason.into(), at_ms };
                self.purges.insert(name.into(), purge);
            }
            _ if key == CLOAK_SECRET_KEY => {
                self.cloak_secret = Some(from_json::<SecretRecord>(value)?.secret.into());
            }
            _ => return Err("unknown kind of record".into()),
        }
        Ok(())
    }
}

fn to_json<T: Serialize>(record: T) -> Vec<u8> {
    serde_json::to_vec(&Versioned { version: VERSION, record }).expect("records are plain data")
}

fn from_json<T: for<'de> Deserialize<'de>>(value: &[u8]) -> Result<T, String> {
    // Read by way of a tree: a flattened record would otherwise lose the place of an error.
    let mut tree: Value = serde_json::from_slice(value).map_err(|error| error.to_string())?;
    keep_one_line(&mut tree);
    let version = tree.get("version").and_then(Value::as_u64).ok_or("it has no version")?;
    if version > u64::from(VERSION) {
        return Err(format!("it is of version {version}, newer than this server knows"));
    }
    serde_json::from_value(tree).map_err(|error| error.to_string())
}

/// Replaces CR, LF and NUL by blanks in every string of a record: an import or an older version may have let
/// them in, and no string that is told to clients can hold them.
fn keep_one_line(tree: &mut Value) {
    match tree {
        Value::String(text) if text.contains(['\r', '\n', '\0']) => {
            *text = text.replace(['\r', '\n', '\0'], " ");
        }
        Value::Array(values) => values.iter_mut().for_each(keep_one_line),
        Value::Object(fields) => fields.values_mut().for_each(keep_one_line),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

//! The stored form of state that survives a restart: JSON records by key, each with its version.
//!
//! | key | content |
//! |---|---|
//! | `account/<folded name>` | an account, and the presence of its always-on user |
//! | `retired/<folded name>` | an account name that cannot be registered again |
//! | `channel/<folded name>` | a registered channel |
//! | `purge/<folded name>` | a purged channel name |
//! | `secret/cloak` | the secret for cloaks, if an operator has changed the initial one |
//! | `ban/d/<range>` | a ban on a range of addresses |
//! | `ban/k/<mask>` | a ban on a mask |
//!
//! Records are written by this version or an older one. Names are stored as shown and folded again when
//! read, because folding depends on the case mapping.

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

/// The version of all record forms; older ones can be read.
const VERSION: u32 = 1;

/// Returns the key of an account's record.
pub fn account_key(account: &str) -> String {
    format!("account/{account}")
}

/// Returns the key of the record of a retired account name.
pub fn retired_key(account: &str) -> String {
    format!("retired/{account}")
}

/// Returns the key of a registered channel's record.
pub fn channel_key(channel: &str) -> String {
    format!("channel/{channel}")
}

/// Returns the key of the record of a purged channel name.
pub fn purge_key(channel: &str) -> String {
    format!("purge/{channel}")
}

/// The key of the record with the secret for cloaks.
pub const CLOAK_SECRET_KEY: &str = "secret/cloak";

/// Returns the key of a ban's record; see [`super::ban::BanTarget::key`].
pub fn ban_key(target: &str) -> String {
    format!("ban/{target}")
}

/// A record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRecord {
    /// The key.
    pub key: String,
    /// The error.
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
    /// Returns the current record of a key; `None` if there is nothing to store.
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

    /// Restores the records of an earlier run into an empty state. `stays` decides whether the always-on user
    /// of an account is restored. Returns the records that could not be read and were skipped.
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

    /// Sets the real host and the cloak of a restored user.
    pub fn assign_host(&mut self, user: UserId, real_host: &str, cloak: &str) {
        self.users[user].move_to(real_host, cloak);
    }

    /// Marks a restored user as away.
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
                self.create_account(moment, Box::new(account));
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
    // Parse to a tree first: with a flattened record, errors would have no position.
    let mut tree: Value = serde_json::from_slice(value).map_err(|error| error.to_string())?;
    keep_one_line(&mut tree);
    let version = tree.get("version").and_then(Value::as_u64).ok_or("it has no version")?;
    if version > u64::from(VERSION) {
        return Err(format!("version {version} is newer than this server supports"));
    }
    serde_json::from_value(tree).map_err(|error| error.to_string())
}

/// Replaces CR, LF and NUL with spaces in every string of a record: an import or an older version may have
/// accepted them, and strings that are sent to clients must not contain them.
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

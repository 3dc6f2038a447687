//! Converts accounts and channels of Atheme and Anope, in the JSON form that Ergo's converters write, to
//! records.
//!
//! The form: `{version: 1, source: "atheme" or "anope", users: {name: {name, hash, email, registeredAt,
//! vhost, additionalNicks, certfps}}, channels: {name: {name, founder, registeredAt, topic, topicSetBy,
//! topicSetAt, amode, modes, key, limit, forward}}}`; times are nanoseconds since 1970. A document that
//! does not have this form is rejected as a whole. Entries that this server does not support are skipped
//! and reported. Invariant: all records can be restored, and no two of them claim the same name.

mod channel;
mod fields;

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use super::State;
use super::account::{Account, Vhost, is_reserved_name};
use super::apply::Moment;
use super::fact::AccountChange;
use crate::auth::{Certfp, CertfpRefused, Credentials, Version, is_known_hash};
use crate::config::Config;
use crate::text::{is_email, is_shown_host};
use fields::Fields;

/// The maximum number of problems reported for a document.
const PROBLEMS_MAX: usize = 50;
const USER_FIELDS: &[&str] =
    &["name", "hash", "email", "registeredAt", "vhost", "additionalNicks", "certfps"];

/// The result of an import.
#[derive(Debug)]
pub struct Imported {
    /// The records by key; values are JSON.
    pub records: Vec<(String, Vec<u8>)>,
    /// The skipped entries, each with its path and the reason.
    pub skipped: Vec<String>,
}

/// Imports a document; `None` if it is not a JSON object, so that the caller can try other formats.
///
/// # Errors
/// At most fifty problems, each with its path and what was expected.
pub fn read(text: &[u8], config: &Config, wall_ms: u64) -> Option<Result<Imported, Vec<String>>> {
    let document: Value = serde_json::from_slice(text).ok()?;
    let fields = Fields::of(String::new(), &document).ok()?;
    let moment = Moment { mono_ms: 0, wall_ms, mapping: config.server.casemapping };
    let vhosts = Regex::new(&config.accounts.vhosts.valid_regexp).ok()?;
    let mut import = Import {
        config,
        vhosts,
        moment,
        state: State::default(),
        problems: Vec::new(),
        skipped: Vec::new(),
        unknown: BTreeSet::new(),
    };
    Some(match import.document(&fields) {
        Ok(()) => import.finish(),
        Err(problem) => Err(vec![problem]),
    })
}

struct Import<'c> {
    config: &'c Config,
    /// Matches the vhosts that the configuration allows.
    vhosts: Regex,
    moment: Moment,
    state: State,
    problems: Vec<String>,
    skipped: Vec<String>,
    unknown: BTreeSet<String>,
}

impl Import<'_> {
    fn document(&mut self, document: &Fields<'_>) -> Result<(), String> {
        match document.number("version")? {
            Some(1) => {}
            Some(other) => return Err(format!("version: expected 1, found {other}")),
            None => return Err("version: expected 1, found nothing".to_owned()),
        }
        let source = match document.text("source")? {
            Some("atheme") => Version::Atheme,
            Some("anope") => Version::Anope,
            other => {
                let other = other.unwrap_or("nothing").escape_debug();
                return Err(format!("source: expected atheme or anope, found {other}"));
            }
        };
        let users = document.object("users")?.ok_or("users: expected an object, found nothing")?;
        for (name, user) in users.objects() {
            let read = user.and_then(|user| self.user(name, source, &user));
            self.problems.extend(read.err());
        }
        // All accounts come first, so that a nick belongs to the account of that name.
        for (name, user) in users.objects() {
            let nicks = user.and_then(|user| self.nicks(name, &user));
            self.problems.extend(nicks.err());
        }
        if let Some(channels) = document.object("channels")? {
            for (name, channel) in channels.objects() {
                let read = channel.and_then(|channel| self.channel(name, &channel));
                self.problems.extend(read.err());
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Imported, Vec<String>> {
        if !self.problems.is_empty() {
            // Users were processed twice.
            self.problems.sort();
            self.problems.dedup();
            self.problems.truncate(PROBLEMS_MAX);
            return Err(self.problems);
        }
        let record = |key: &String| Some((key.clone(), self.state.encode(key)?));
        let records = self.state.dirty.iter().filter_map(record).collect();
        self.skipped.extend(self.unknown);
        Ok(Imported { records, skipped: self.skipped })
    }

    fn skip(&mut self, path: &str, why: impl std::fmt::Display) {
        self.skipped.push(format!("{path}: {why}"));
    }

    /// Reports unknown fields, each once.
    fn note_unknown(&mut self, kind: &str, fields: &Fields<'_>, known: &[&str]) {
        let is_known = |name: &str| known.iter().any(|own| own.eq_ignore_ascii_case(name));
        let unknown = fields.names().filter(|name| !is_known(name));
        self.unknown.extend(unknown.map(|name| format!("{kind}.*.{name}: unknown field")));
    }

    /// Converts nanoseconds to milliseconds; returns the current time if it is missing or in the future.
    fn time(&self, fields: &Fields<'_>, name: &str) -> Result<u64, String> {
        let ns = fields.number(name)?.filter(|&ns| ns > 0);
        Ok(ns.map_or(self.moment.wall_ms, |ns| (ns / 1_000_000).min(self.moment.wall_ms)))
    }

    /// Returns the name of an entry as shown: that in its `name`, which must match its key.
    fn name<'a>(&self, key: &'a str, fields: &Fields<'a>) -> Result<&'a str, String> {
        let Some(shown) = fields.text("name")? else { return Ok(key) };
        let fold = |name: &str| self.moment.mapping.fold_lossy(name);
        match fold(shown) == fold(key) {
            true => Ok(shown),
            false => Err(format!("{}: expected {key} in any case, found {shown}", fields.at("name"))),
        }
    }

    fn user(&mut self, key: &str, source: Version, user: &Fields<'_>) -> Result<(), String> {
        let shown = self.name(key, user)?;
        let (email, vhost) = (user.text("email")?, user.text("vhost")?);
        let (hash, certfps) = (user.text("hash")?, user.texts("certfps")?);
        let registered_ms = self.time(user, "registeredAt")?;
        self.note_unknown("users", user, USER_FIELDS);
        let mapping = self.moment.mapping;
        let name = match mapping.account(shown, self.config.limits.nicklen) {
            Ok(name) => name,
            Err(why) => {
                self.skip(user.path(), why);
                return Ok(());
            }
        };
        if self.state.accounts.contains_key(name.key()) {
            return Err(format!(
                "{}: expected each name only once, found another spelling of it",
                user.path()
            ));
        }
        if mapping.has_skeletons()
            && let Some(other) = self.state.reserved_for_skeleton(&mapping.skeleton(shown))
        {
            let why = format!("the name looks like {other}, which may make one of the two unusable");
            self.skipped.push(format!("{}: {why}", user.path()));
        }
        if is_reserved_name(mapping, name.key(), name.as_str()) {
            self.skip(user.path(), "the name is reserved for a service");
            return Ok(());
        }
        let credentials = self.credentials(user, source, hash, &certfps);
        let mut account = Account::new(name, credentials, registered_ms);
        account.email = email.filter(|email| is_email(email)).map(Box::from);
        if email.is_some() && account.email.is_none() {
            self.skip(&user.at("email"), "not an email address");
        }
        account.vhost = vhost
            .filter(|host| is_shown_host(host) && self.is_allowed_vhost(host))
            .map(|host| Vhost { host: host.into(), enabled: true });
        if vhost.is_some() && account.vhost.is_none() {
            self.skip(&user.at("vhost"), "not allowed by accounts.vhosts");
        }
        self.state.create_account(self.moment, Box::new(account));
        Ok(())
    }

    /// Applies the rule of HostServ SET.
    fn is_allowed_vhost(&self, host: &str) -> bool {
        host.len() <= self.config.accounts.vhosts.max_length && self.vhosts.is_match(host)
    }

    fn credentials(
        &mut self,
        user: &Fields<'_>,
        source: Version,
        hash: Option<&str>,
        certfps: &[&str],
    ) -> Credentials {
        let mut credentials = Credentials::default();
        match hash {
            Some(hash) if is_known_hash(source, hash) => {
                credentials.version = source;
                credentials.passphrase_hash = Some(hash.as_bytes().to_vec());
            }
            Some(_) => {
                self.skip(&user.at("hash"), "unsupported form of hash; the account gets no passphrase")
            }
            None => self.skip(&user.at("hash"), "missing; the account gets no passphrase"),
        }
        for (index, raw) in certfps.iter().enumerate() {
            let path = format!("{}.{index}", user.at("certfps"));
            let Some(certfp) = Certfp::parse(raw) else {
                self.skip(&path, "not the SHA-256 fingerprint of a certificate");
                continue;
            };
            if let Some(other) = self.state.account_by_certfp(certfp.as_str()) {
                let why = format!("already a certificate of {other}");
                self.skip(&path, why);
                continue;
            }
            if credentials.add_certfp(certfp) == Err(CertfpRefused::Full) {
                self.skip(&path, "the account has too many certificates");
            }
        }
        credentials
    }

    fn nicks(&mut self, key: &str, user: &Fields<'_>) -> Result<(), String> {
        let nicks = user.texts("additionalNicks")?;
        let mapping = self.moment.mapping;
        let Some(owner) = mapping.nick_key(key).ok().filter(|owner| self.state.accounts.contains_key(owner))
        else {
            return Ok(());
        };
        for (index, raw) in nicks.iter().enumerate() {
            let path = format!("{}.{index}", user.at("additionalNicks"));
            match mapping.nick(raw, self.config.limits.nicklen) {
                Err(why) => self.skip(&path, why),
                Ok(nick) if is_reserved_name(mapping, nick.key(), nick.as_str()) => {
                    self.skip(&path, "the nick is reserved for a service");
                }
                Ok(nick) => match self.state.reserved_for(nick.key()).map(str::to_owned) {
                    Some(other) if *other == *owner => {}
                    Some(other) => self.skip(&path, format!("{raw} is a nick of {other}")),
                    None => {
                        let change = AccountChange::NickGrouped(nick);
                        self.state.change_account(self.moment, &owner, change);
                    }
                },
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

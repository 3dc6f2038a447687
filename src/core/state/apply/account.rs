//! Applies facts about accounts and logins. Part of [`State::apply`].

use super::Moment;
use std::sync::Arc;

use crate::state::account::{Account, DEVICES_MAX, READ_MARKERS_MAX};
use crate::state::fact::AccountChange;
use crate::state::id::{SessionId, UserId};
use crate::state::session::Phase;
use crate::state::{State, record};
use crate::text::AccountName;

impl State {
    pub(super) fn attach(&mut self, session: SessionId, user: UserId) {
        self.sessions[session].phase = Phase::Attached(user);
        self.counts.unregistered -= 1;
        self.users[user].sessions.push(session);
        let away = self.sessions[session].away.take();
        self.set_away(session, away.as_deref());
    }

    pub(super) fn detach(&mut self, session: SessionId, away: Option<&str>) {
        let Some(gone) = self.remove_session(session) else { return };
        if let Some(user) = gone.user() {
            self.users[user].sessions.retain(|other| *other != session);
            self.update_away(user);
            if self.users[user].sessions.is_empty() && away.is_some() {
                self.users[user].away = away.map(Box::from);
                self.mark_presence(user);
            }
        }
    }

    pub(super) fn set_always_on(&mut self, user: UserId, on: bool) {
        self.users[user].always_on = on;
        if let Some(account) = self.users[user].account.clone() {
            self.dirty.insert(record::account_key(account.key()));
        }
    }

    pub(super) fn log_in(&mut self, session: SessionId, account: &str, device: Option<&str>) {
        if device.is_some() {
            self.sessions[session].device = device.map(Box::from);
        }
        let seen = self.accounts.get(account).map(|account| &account.last_seen);
        let seen_ms = seen.and_then(|seen| seen.get(device.unwrap_or_default())).copied();
        self.sessions[session].last_seen_ms = seen_ms;
        match &mut self.sessions[session].phase {
            Phase::Registering(registering) => registering.account = Some(account.into()),
            Phase::Attached(user) => {
                let user = *user;
                self.log_out(user);
                self.set_account(user, account);
            }
        }
    }

    fn set_account(&mut self, user: UserId, account: &str) {
        let Some(name) = self.accounts.get(account).map(|account| account.name.clone()) else { return };
        self.users[user].account = Some(name);
        // This user's history lacks earlier messages to the account.
        self.users[user].history.interrupt();
        self.index_account_user(user);
    }

    /// Indexes a user by account. Must be called after a user with an account is inserted.
    pub(super) fn index_account_user(&mut self, user: UserId) {
        if let Some(account) = &self.users[user].account {
            self.account_users.get_or_insert_with(account.key(), Vec::new).push(user);
        }
    }

    pub(super) fn log_out(&mut self, user: UserId) {
        if let Some(account) = self.users[user].account.take() {
            self.users[user].always_on = false;
            self.unindex_account_user(&account, user);
            self.dirty.insert(record::account_key(account.key()));
        }
    }

    pub(super) fn unindex_account_user(&mut self, account: &AccountName, user: UserId) {
        let Some(users) = self.account_users.get_mut(account.key()) else { return };
        users.retain(|&other| other != user);
        for &other in users.iter() {
            // This user's history lacks messages to the user who logs out.
            self.users[other].history.interrupt();
        }
        if users.is_empty() {
            self.account_users.remove(account.key());
        }
    }

    pub(in crate::state) fn create_account(&mut self, moment: Moment, account: Box<Account>) {
        let key: Box<str> = account.name.key().into();
        self.index_account(moment, &account);
        self.dirty.insert(record::account_key(&key));
        self.accounts.insert(key, account.into());
    }

    /// Indexes an account by its nicks and certificates.
    pub(super) fn index_account(&mut self, moment: Moment, account: &Account) {
        let key: Box<str> = account.name.key().into();
        self.reserve(moment, account.name.key(), account.name.as_str(), &key);
        for nick in &account.nicks {
            self.reserve(moment, nick.key(), nick.as_str(), &key);
        }
        for certfp in &account.credentials.certfps {
            self.certfps.insert(certfp.as_str().into(), key.clone());
        }
    }

    fn unindex_account(&mut self, moment: Moment, account: &Account) {
        self.unreserve(moment, account.name.key(), account.name.as_str());
        for nick in &account.nicks {
            self.unreserve(moment, nick.key(), nick.as_str());
        }
        for certfp in &account.credentials.certfps {
            self.certfps.remove(certfp.as_str());
        }
    }

    fn reserve(&mut self, moment: Moment, nick_key: &str, shown: &str, account: &str) {
        self.reserved_nicks.insert(nick_key.into(), account.into());
        if moment.mapping.has_skeletons() {
            self.reserved_skeletons.insert(moment.mapping.skeleton(shown).into(), account.into());
        }
    }

    fn unreserve(&mut self, moment: Moment, nick_key: &str, shown: &str) {
        self.reserved_nicks.remove(nick_key);
        if moment.mapping.has_skeletons() {
            self.reserved_skeletons.remove(&moment.mapping.skeleton(shown));
        }
    }

    /// Moves a read marker. That happens with every message that is read, so it does not wait for the disk.
    pub(super) fn read(&mut self, user: UserId, target: &str, at_ms: u64) {
        let user = &mut self.users[user];
        let account = user.account.as_ref().and_then(|name| self.accounts.get_mut(name.key()));
        match account.map(Arc::make_mut) {
            Some(account) => {
                Account::remember(&mut account.read_markers, target, at_ms, READ_MARKERS_MAX);
                self.dirty_soon.insert(record::account_key(account.name.key()));
            }
            None => Account::remember(&mut user.read_markers, target, at_ms, READ_MARKERS_MAX),
        }
    }

    /// Records the visit of a device. Like read markers, this does not wait for the disk.
    pub(super) fn touch_device(&mut self, key: &str, device: &str, at_ms: u64) {
        if let Some(account) = self.accounts.get_mut(key).map(Arc::make_mut) {
            Account::remember(&mut account.last_seen, device, at_ms, DEVICES_MAX);
            self.dirty_soon.insert(record::account_key(key));
        }
    }

    pub(in crate::state) fn change_account(&mut self, moment: Moment, key: &str, change: AccountChange<'_>) {
        let Some(mut account) = self.accounts.remove(key) else { return };
        self.unindex_account(moment, &account);
        // It may be shared with a snapshot.
        let changed = Arc::make_mut(&mut account);
        match change {
            AccountChange::Verified => changed.verified = true,
            AccountChange::Credentials(credentials) => changed.credentials = *credentials,
            AccountChange::Email(email) => changed.email = email.map(Box::from),
            AccountChange::CodeSent(code) => {
                self.mail_log.note(&code.email, moment.mono_ms);
                changed.codes.retain(|other| other.purpose != code.purpose);
                changed.codes.push(code);
            }
            AccountChange::CodeUsed(purpose) => changed.codes.retain(|code| code.purpose != purpose),
            AccountChange::NickGrouped(nick) => changed.nicks.push(nick),
            AccountChange::NickDropped(nick_key) => changed.nicks.retain(|nick| nick.key() != nick_key),
            AccountChange::Settings(settings) => changed.settings = settings,
            AccountChange::Vhost(vhost) => changed.vhost = vhost,
            AccountChange::Suspended(suspension) => changed.suspended = suspension,
            AccountChange::Respelled(name) => {
                for user in self.users_of(key).to_vec() {
                    self.users[user].account = Some(name.clone());
                }
                changed.name = name;
            }
        }
        self.index_account(moment, &account);
        self.accounts.insert(key.into(), account);
        self.dirty.insert(record::account_key(key));
    }

    pub(super) fn remove_account(&mut self, moment: Moment, key: &str, freed: bool) {
        if let Some(account) = self.accounts.remove(key) {
            self.unindex_account(moment, &account);
            self.remove_from_channels(moment, key);
        }
        if freed {
            if self.retired_accounts.remove(key) {
                self.unreserve(moment, key, key);
            }
        } else {
            self.retire(moment, key);
        }
        self.dirty.insert(record::account_key(key));
        self.dirty.insert(record::retired_key(key));
    }

    /// Retires the name of a deleted account. The name and its look-alikes stay reserved, because a later
    /// owner would be mistaken for the earlier one.
    pub(in crate::state) fn retire(&mut self, moment: Moment, key: &str) {
        self.retired_accounts.insert(key.into());
        self.reserved_nicks.get_or_insert_with(key, || key.into());
        if moment.mapping.has_skeletons() {
            let skeleton = moment.mapping.skeleton(key);
            self.reserved_skeletons.get_or_insert_with(&skeleton, || key.into());
        }
    }

    /// Marks the account of an always-on user as changed, because its record contains the user's presence.
    pub(super) fn mark_presence(&mut self, user: UserId) {
        let Some(user) = self.users.get(user).filter(|user| user.always_on) else { return };
        if let Some(account) = &user.account {
            self.dirty_soon.insert(record::account_key(account.key()));
        }
    }
}

//! Past users for WHOWAS, in one ring for the whole server.

use std::collections::VecDeque;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::user::User;

/// A past user of a nick.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Former {
    /// The nick, folded.
    pub key: Box<str>,
    /// The nick.
    pub nick: Box<str>,
    /// The username.
    pub username: Box<str>,
    /// The visible host.
    pub host: Box<str>,
    /// The address of the connection.
    pub ip: IpAddr,
    /// The real name.
    pub realname: Box<str>,
    /// When the user quit or changed nick, in seconds since 1970.
    pub at_s: u64,
}

/// The ring.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Whowas {
    entries: VecDeque<Former>,
    entries_max: usize,
}

impl Whowas {
    /// Creates a ring for at most `entries_max` users.
    pub fn new(entries_max: usize) -> Whowas {
        Whowas { entries: VecDeque::new(), entries_max }
    }

    /// Changes the size; drops the oldest users beyond it.
    pub(super) fn resize(&mut self, entries_max: usize) {
        self.entries_max = entries_max;
        let surplus = self.entries.len().saturating_sub(entries_max);
        self.entries.drain(..surplus);
    }

    /// Adds a user; drops the oldest one if the ring is full.
    pub fn remember(&mut self, user: &User, at_s: u64) {
        self.entries.push_back(Former {
            key: user.nick.key().into(),
            nick: user.nick.as_str().into(),
            username: user.username.clone(),
            host: user.host().into(),
            ip: user.ip,
            realname: user.realname.clone(),
            at_s,
        });
        while self.entries.len() > self.entries_max {
            self.entries.pop_front();
        }
    }

    /// Iterates over the past users of a nick, the latest first.
    pub fn of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Former> {
        self.entries.iter().rev().filter(move |former| &*former.key == key)
    }
}

//! A session as data: one connection, before and after registration.

use smallvec::SmallVec;

use super::id::UserId;
use crate::auth::{Exchange, Throttle};
use crate::i18n::LanguageId;
use crate::text::Nick;
use crate::wire::Caps;

/// A connection.
#[derive(Clone, Debug)]
pub struct Session {
    /// How it came in.
    pub door: Box<Door>,
    /// Whose it is, or what is known so far.
    pub phase: Phase,
    /// Capabilities in use.
    pub caps: Caps,
    /// The highest version given to CAP LS; 301 stands for a LS without one.
    pub cap_version: u16,
    /// The languages asked for, best first; empty for the server's default.
    pub languages: SmallVec<[LanguageId; 4]>,
    /// The away text of this session.
    pub away: Option<Box<str>>,
    /// The device it names itself (`account@device`), for what it missed.
    pub device: Option<Box<str>>,
    /// When it was opened, milliseconds of the clock that never jumps.
    pub opened_mono_ms: u64,
    /// When its last line came, on the same clock.
    pub heard_mono_ms: u64,
    /// A PING was sent since then.
    pub pinged: bool,
    /// A login by SASL that is under way.
    pub exchange: Option<Box<Exchange>>,
    /// Attempts to log in, on the clock that never jumps.
    pub logins: Throttle,
    /// It has asked for an account and the code was mailed.
    pub applied: bool,
    /// When OPER may be tried again, on the same clock.
    pub oper_again_mono_ms: u64,
}

/// Where a session stands.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Not registered yet.
    Registering(Box<Registering>),
    /// One of a user's connections.
    Attached(UserId),
}

/// What a session has said of itself so far.
#[derive(Clone, Debug, Default)]
pub struct Registering {
    /// From NICK.
    pub nick: Option<Nick>,
    /// From USER: user name (cleaned, no `~`) and real name.
    pub user: Option<(Box<str>, Box<str>)>,
    /// CAP LS or REQ was sent and CAP END was not.
    pub negotiating: bool,
    /// The server password.
    pub password: Password,
    /// The account logged into, folded.
    pub account: Option<Box<str>>,
    /// Lines so far; bounded by `registration-messages`.
    pub lines: u32,
}

/// How far PASS has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Password {
    /// Nothing was sent.
    #[default]
    Missing,
    /// Sent, not compared yet.
    Given(Box<str>),
    /// It was the right one.
    Right,
}

/// How a connection came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// The peer's address (of a Unix socket: 127.0.0.1).
    pub ip: std::net::IpAddr,
    /// The address of the listener, as the configuration writes it.
    pub listener: Box<str>,
    /// Encrypted all the way, or from an address that counts as secure.
    pub secure: bool,
    /// SHA-256 of the client certificate, lower-case hex.
    pub certfp: Option<Box<str>>,
    /// It speaks WebSocket.
    pub websocket: bool,
    /// The listener is for Tor only.
    pub tor: bool,
    /// The listener advertises STS and serves nothing else.
    pub sts_only: bool,
    /// The listener never advertises STS.
    pub hide_sts: bool,
}

impl Session {
    /// A connection that has said nothing yet.
    pub fn new(door: Box<Door>, mono_ms: u64) -> Session {
        Session {
            door,
            phase: Phase::Registering(Box::default()),
            caps: Caps::NONE,
            cap_version: 0,
            languages: SmallVec::new(),
            away: None,
            device: None,
            opened_mono_ms: mono_ms,
            heard_mono_ms: mono_ms,
            pinged: false,
            exchange: None,
            applied: false,
            logins: Throttle::default(),
            oper_again_mono_ms: 0,
        }
    }

    /// The user, once registered.
    pub fn user(&self) -> Option<UserId> {
        match self.phase {
            Phase::Attached(user) => Some(user),
            Phase::Registering(_) => None,
        }
    }

    /// What is known so far, before registration.
    pub fn registering(&self) -> Option<&Registering> {
        match &self.phase {
            Phase::Registering(registering) => Some(registering),
            Phase::Attached(_) => None,
        }
    }
}

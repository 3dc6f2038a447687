//! A session as data: one connection, before and after registration.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::batch::OpenBatch;
use super::connections::Key;
use super::fact::BatchChange;
use super::id::UserId;
use crate::auth::{Exchange, Throttle};
use crate::i18n::LanguageId;
use crate::text::Nick;
use crate::wire::Caps;
use crate::wire::multiline::Lines;

/// What others read when a client says `AWAY *`: gone, for no reason given (draft/pre-away).
pub const AWAY_UNSPECIFIED: &str = "Away";

/// A connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    #[serde(with = "super::codec::small")]
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
    /// It was let in for its account alone, which spared it a password or a check.
    pub needs_account: bool,
    /// When OPER may be tried again, on the same clock.
    pub oper_again_mono_ms: u64,
    /// Whom it is counted with in [`super::connections`], if it is.
    pub counted: Option<Key>,
    /// How fast it has sent commands; kept only where that is limited.
    pub pace: Option<Box<Pace>>,
    /// A message of several lines that it is sending.
    pub batch: Option<Box<OpenBatch>>,
    /// What it wanted played when it joins.
    pub playback: Option<Box<Playback>>,
    /// Bytes of answers to its own commands since its output was last known to have drained.
    pub unread_bytes: usize,
    /// When its device was last there before it logged in, milliseconds since 1970.
    pub last_seen_ms: Option<u64>,
}

/// How fast a session has sent commands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// When the last command was served, milliseconds of the clock that never jumps.
    pub served_mono_ms: u64,
    /// Commands since the last rest, up to the burst's limit.
    pub burst: usize,
    /// The burst is used up: commands are spaced out until the next rest.
    pub throttled: bool,
    /// Bytes of lines that were served at once because they belong together, and that the next command pays for.
    pub deferred_bytes: usize,
    /// How often commands that have a budget were used at no cost; bounded by the budgets.
    pub free: Vec<(Box<str>, usize)>,
}

/// A playback that a client asked for before it joined the channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playback {
    /// Folded names; `None` is all.
    pub channels: Option<Vec<Box<str>>>,
    /// Only what was said after this, milliseconds since 1970.
    pub after_ms: Option<u64>,
    /// Only what was said before this, milliseconds since 1970.
    pub before_ms: Option<u64>,
    /// When it asked.
    pub asked_mono_ms: u64,
}

/// Where a session stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Phase {
    /// Not registered yet.
    Registering(Box<Registering>),
    /// One of a user's connections.
    Attached(UserId),
}

/// What a session has said of itself so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Registering {
    /// From NICK.
    pub nick: Option<Nick>,
    /// From USER: user name (cleaned, no `~`) and real name.
    pub user: Option<(Box<str>, Box<str>)>,
    /// CAP LS or REQ was sent and CAP END was not.
    pub negotiating: bool,
    /// The server password.
    pub password: Password,
    /// What was found out about where it comes from.
    pub origin: Origin,
    /// The account logged into, folded.
    pub account: Option<Box<str>>,
    /// Lines so far; bounded by `registration-messages`.
    pub lines: u32,
}

/// What was found out about where a connection comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// `ip-check-script` let its address in.
    pub passed: bool,
    /// The host name of its address.
    pub host: Finding,
    /// What its machine calls its user (RFC 1413).
    pub ident: Finding,
}

/// The answer to a question put to the outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// Not asked yet.
    #[default]
    Open,
    /// There is none, or nobody knows it.
    Nothing,
    /// This.
    Found(Box<str>),
}

impl Finding {
    /// An answer.
    pub fn of(answer: Option<&str>) -> Finding {
        answer.map_or(Finding::Nothing, |text| Finding::Found(text.into()))
    }

    /// What was found.
    pub fn found(&self) -> Option<&str> {
        match self {
            Finding::Found(text) => Some(text),
            Finding::Open | Finding::Nothing => None,
        }
    }
}

/// How far PASS has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Door {
    /// The client's address: the peer's (of a Unix socket: 127.0.0.1), or what a trusted proxy says.
    pub ip: IpAddr,
    /// A proxy said so, which it can do once.
    pub proxied: bool,
    /// Both ends of the TCP connection, where the client's machine is to be asked for its user.
    pub endpoints: Option<Box<Endpoints>>,
    /// The address of the listener, as the configuration writes it.
    pub listener: Box<str>,
    /// Encrypted all the way, or from an address that counts as secure.
    pub secure: bool,
    /// SHA-256 of the client certificate, lower-case hex.
    pub certfp: Option<Box<str>>,
    /// The client's certificate in DER, and those that it sent along; none where they are too long.
    pub certificates: Box<[Vec<u8>]>,
    /// It speaks WebSocket.
    pub websocket: bool,
    /// The listener is for Tor only.
    pub tor: bool,
    /// The listener advertises STS and serves nothing else.
    pub sts_only: bool,
    /// The listener never advertises STS.
    pub hide_sts: bool,
}

/// The two ends of a TCP connection, as RFC 1413 needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Ours.
    pub local: SocketAddr,
    /// The client's.
    pub remote: SocketAddr,
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
            needs_account: false,
            logins: Throttle::default(),
            oper_again_mono_ms: 0,
            counted: None,
            pace: None,
            batch: None,
            playback: None,
            unread_bytes: 0,
            last_seen_ms: None,
        }
    }

    pub(super) fn set_caps(&mut self, caps: Caps, version: u16) {
        (self.caps, self.cap_version) = (caps, version);
    }

    pub(super) fn change_batch(&mut self, change: BatchChange<'_>) {
        match (change, &mut self.batch) {
            (BatchChange::Opened(batch), own) => *own = Some(batch),
            (BatchChange::Line { kind, line }, Some(batch)) => {
                batch.kind = Some(kind);
                batch.lines.push(line);
            }
            (BatchChange::Failed, Some(batch)) => {
                (batch.failed, batch.lines, batch.label) = (true, Lines::new(), None);
            }
            (BatchChange::Line { .. } | BatchChange::Failed, None) => {}
            (BatchChange::Closed, own) => *own = None,
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

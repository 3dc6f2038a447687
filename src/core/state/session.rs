//! A session as plain data: one connection, before and after registration.

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

/// The text that others see for `AWAY *`, which is away without a reason (draft/pre-away).
pub const AWAY_UNSPECIFIED: &str = "Away";

/// A connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// How the client connected.
    pub door: Box<Door>,
    /// The user, or the progress of registration.
    pub phase: Phase,
    /// The enabled capabilities.
    pub caps: Caps,
    /// The highest version given to CAP LS; 301 for CAP LS without a version.
    pub cap_version: u16,
    /// The requested languages, best first; empty for the server's default.
    #[serde(with = "super::codec::small")]
    pub languages: SmallVec<[LanguageId; 4]>,
    /// The away text of this session.
    pub away: Option<Box<str>>,
    /// The client's device (`account@device`), which determines the messages that it missed.
    pub device: Option<Box<str>>,
    /// When it was opened, in milliseconds on the monotonic clock.
    pub opened_mono_ms: u64,
    /// When its last line arrived, on the same clock.
    pub heard_mono_ms: u64,
    /// Whether a PING was sent since then.
    pub pinged: bool,
    /// The SASL exchange in progress.
    pub exchange: Option<Box<Exchange>>,
    /// Login attempts, on the monotonic clock.
    pub logins: Throttle,
    /// Whether it has registered an account whose code was sent by email.
    pub applied: bool,
    /// Whether it must stay logged in, because the account exempted it from a password or a check.
    pub needs_account: bool,
    /// When OPER is allowed again, on the same clock.
    pub oper_again_mono_ms: u64,
    /// The host or group that it is counted with in [`super::connections`].
    pub counted: Option<Key>,
    /// The rate of its commands; `None` where it is not limited.
    pub pace: Option<Box<Pace>>,
    /// The multiline message that it is sending.
    pub batch: Option<Box<OpenBatch>>,
    /// The playback that it requested before joining.
    pub playback: Option<Box<Playback>>,
    /// Bytes of replies to its own commands since its output last drained.
    pub unread_bytes: usize,
    /// When its device was last connected before it logged in, in milliseconds since 1970.
    pub last_seen_ms: Option<u64>,
}

/// The rate at which a session has sent commands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// When the last command was processed, in milliseconds on the monotonic clock.
    pub served_mono_ms: u64,
    /// Commands since the last pause, up to the burst limit.
    pub burst: usize,
    /// Whether the burst is used up: commands are spaced out until the next pause.
    pub throttled: bool,
    /// Bytes of lines that were processed without delay because they belong together. The next command is
    /// charged for them.
    pub deferred_bytes: usize,
    /// How often commands with a budget were free; bounded by the budgets.
    pub free: Vec<(Box<str>, usize)>,
}

/// A playback that a client requested before joining the channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playback {
    /// Folded channel names; `None` means all channels.
    pub channels: Option<Vec<Box<str>>>,
    /// Only messages after this time, in milliseconds since 1970.
    pub after_ms: Option<u64>,
    /// Only messages before this time, in milliseconds since 1970.
    pub before_ms: Option<u64>,
    /// When it was requested, in milliseconds on the monotonic clock.
    pub asked_mono_ms: u64,
}

/// The phase of a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Phase {
    /// Not registered yet.
    Registering(Box<Registering>),
    /// Registered as a session of this user.
    Attached(UserId),
}

/// The progress of registration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Registering {
    /// The nick from NICK.
    pub nick: Option<Nick>,
    /// The username (sanitized, without `~`) and real name from USER.
    pub user: Option<(Box<str>, Box<str>)>,
    /// Whether CAP LS or REQ was received, but not CAP END.
    pub negotiating: bool,
    /// The state of the server password.
    pub password: Password,
    /// The results of lookups for its address.
    pub origin: Origin,
    /// The account that it is logged in to, folded.
    pub account: Option<Box<str>>,
    /// The number of lines so far; bounded by `registration-messages`.
    pub lines: u32,
}

/// The results of lookups for the address of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Whether `ip-check-script` accepted the address.
    pub passed: bool,
    /// The hostname of the address.
    pub host: Finding,
    /// The username from the ident protocol (RFC 1413).
    pub ident: Finding,
}

/// The result of a lookup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// Not known yet.
    #[default]
    Open,
    /// The lookup failed or found nothing.
    Nothing,
    /// The lookup found this.
    Found(Box<str>),
}

impl Finding {
    /// Converts the answer to a lookup.
    pub fn of(answer: Option<&str>) -> Finding {
        answer.map_or(Finding::Nothing, |text| Finding::Found(text.into()))
    }

    /// Returns the result, if there is one.
    pub fn found(&self) -> Option<&str> {
        match self {
            Finding::Found(text) => Some(text),
            Finding::Open | Finding::Nothing => None,
        }
    }
}

/// The state of the server password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Password {
    /// The client sent none.
    #[default]
    Missing,
    /// The client sent this; it has not been verified yet.
    Given(Box<str>),
    /// The password was correct.
    Right,
}

/// How a client connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Door {
    /// The client's address, from the connection (127.0.0.1 for a Unix socket) or from a trusted proxy.
    pub ip: IpAddr,
    /// Whether a proxy supplied the address, which it can do only once.
    pub proxied: bool,
    /// Both ends of the TCP connection, if an ident query will need them.
    pub endpoints: Option<Box<Endpoints>>,
    /// Whether the connection is encrypted, or from an address that counts as secure.
    pub secure: bool,
    /// The SHA-256 fingerprint of the client certificate, in lower-case hexadecimal.
    pub certfp: Option<Box<str>>,
    /// The client's certificate chain in DER; empty if it is too long.
    pub certificates: Box<[Vec<u8>]>,
    /// Whether the connection uses WebSocket.
    pub websocket: bool,
    /// Whether the listener is for Tor only.
    pub tor: bool,
    /// Whether the listener only advertises STS.
    pub sts_only: bool,
    /// Whether the listener never advertises STS.
    pub hide_sts: bool,
}

/// The two ends of a TCP connection, as RFC 1413 needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// The server's end.
    pub local: SocketAddr,
    /// The client's end.
    pub remote: SocketAddr,
}

impl Session {
    /// Creates a session that has received no line yet.
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

    /// Returns the user, if the session is registered.
    pub fn user(&self) -> Option<UserId> {
        match self.phase {
            Phase::Attached(user) => Some(user),
            Phase::Registering(_) => None,
        }
    }

    /// Returns the progress of registration, before it is complete.
    pub fn registering(&self) -> Option<&Registering> {
        match &self.phase {
            Phase::Registering(registering) => Some(registering),
            Phase::Attached(_) => None,
        }
    }
}

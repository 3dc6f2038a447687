//! Requests of other programs, which have no session: what they ask, and what they are told.

use serde::{Deserialize, Serialize};

use crate::auth::Secret;

/// A number that links the result of a call to the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// Something that a program asks for. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Call {
    /// Describe the server: [`CallAnswer::Status`].
    ReadStatus,
    /// Read the configuration again: [`CallAnswer::Done`].
    Rehash,
    /// Return the DEFCON level, after setting it if there is one: [`CallAnswer::Defcon`].
    Defcon {
        /// The new level, from 1 to 5.
        level: Option<u8>,
    },
    /// List some channels: [`CallAnswer::Channels`].
    ListChannels {
        /// Where to continue; 0 at first.
        from: u32,
    },
    /// Describe the user with a nick: [`CallAnswer::User`].
    FindUser {
        /// The nick.
        nick: String,
    },
    /// Check a passphrase, or the fingerprint of a certificate: [`CallAnswer::LoggedIn`].
    CheckLogin {
        /// The account; may be empty if there is a certificate.
        account: String,
        /// What proves that a client owns the account.
        proof: LoginProof,
    },
    /// Describe an account: [`CallAnswer::Account`].
    FindAccount {
        /// The name.
        account: String,
    },
    /// List some accounts in the order of their folded names: [`CallAnswer::Accounts`].
    ListAccounts {
        /// The folded name after which to continue; empty at first.
        after: String,
    },
    /// Create an account: [`CallAnswer::Done`].
    CreateAccount {
        /// The name.
        account: String,
        /// The passphrase.
        passphrase: Secret,
    },
    /// Replace the passphrase of an account: [`CallAnswer::Done`].
    SetPassphrase {
        /// The account.
        account: String,
        /// The new passphrase.
        passphrase: Secret,
    },
    /// Change settings of an account, or none, and return all: [`CallAnswer::Account`].
    ChangeAccount {
        /// The account.
        account: String,
        /// The changes.
        changes: AccountEdits,
    },
}

/// What proves that a client owns an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoginProof {
    /// The passphrase.
    Passphrase(Secret),
    /// The SHA-256 fingerprint of its certificate, in hexadecimal digits.
    Certificate(String),
}

/// Changes of an account's settings; `None` leaves a setting as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountEdits {
    /// Whether the user stays on the network without a session; `Some(None)` is the server's default.
    pub always_on: Option<Option<bool>>,
    /// Whether the user is away without a session; `Some(None)` is the server's default.
    pub auto_away: Option<Option<bool>>,
    /// Whether events are replayed to all clients.
    pub replay_joins: Option<bool>,
    /// The email address; empty for none.
    pub email: Option<String>,
}

impl AccountEdits {
    /// Returns whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        *self == AccountEdits::default()
    }
}

/// The result of a call.
pub type CallResult = Result<CallAnswer, CallRefused>;

/// What a program is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallAnswer {
    /// It is done.
    Done,
    /// The server.
    Status(Box<ServerStatus>),
    /// The DEFCON level.
    Defcon(u8),
    /// Some channels.
    Channels(Page<ChannelInfo, u32>),
    /// A user.
    User(Box<UserInfo>),
    /// The login is valid.
    LoggedIn {
        /// The name of the account.
        account: String,
    },
    /// An account.
    Account(Box<AccountInfo>),
    /// Some accounts.
    Accounts(Page<AccountInfo, String>),
}

/// The reason why a call was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallRefused {
    /// The user, channel or account does not exist.
    NotFound,
    /// The name of the new account is taken or reserved.
    AccountExists,
    /// The email address of the account has not been verified.
    AccountUnverified,
    /// The account is suspended.
    AccountSuspended,
    /// The passphrase or certificate does not match.
    WrongCredentials,
    /// The passphrase cannot be used.
    BadPassphrase,
    /// A value is not valid: its name.
    Invalid(&'static str),
    /// The server is too busy.
    Busy,
    /// It failed; the reason.
    Failed(String),
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<Entry, Position> {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Where the next part begins; `None` after the last one.
    pub next: Option<Position>,
}

/// The server, and how many use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerStatus {
    /// The version.
    pub version: &'static str,
    /// When it was started.
    pub started_ms: u64,
    /// The number of users, invisible ones included.
    pub users: usize,
    /// The number of invisible users.
    pub invisible: usize,
    /// The number of operators.
    pub operators: usize,
    /// The number of connections that are not registered yet.
    pub unregistered: usize,
    /// The highest number of users since the start.
    pub users_max: usize,
    /// The number of channels.
    pub channels: usize,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelInfo {
    /// The name.
    pub name: String,
    /// Whether it has a key.
    pub has_key: bool,
    /// Whether it is invite-only.
    pub invite_only: bool,
    /// Whether it is secret.
    pub secret: bool,
    /// The number of members.
    pub members: usize,
    /// The topic; empty if none is set.
    pub topic: String,
    /// When the topic was set.
    pub topic_ms: Option<u64>,
    /// When it was created.
    pub created_ms: u64,
    /// The founder's account and the time of registration, if it is registered.
    pub registered: Option<(String, u64)>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserInfo {
    /// The nick.
    pub nick: String,
    /// The username.
    pub username: String,
    /// The host that others see.
    pub host: String,
    /// The real name.
    pub realname: String,
    /// The account.
    pub account: Option<String>,
    /// User modes, such as `+Zi`.
    pub modes: String,
    /// The away text.
    pub away: Option<String>,
    /// The channels.
    pub channels: Vec<MembershipInfo>,
    /// The number of sessions.
    pub sessions: usize,
}

/// A user's membership of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipInfo {
    /// The name of the channel.
    pub channel: String,
    /// The mode letter of the highest rank.
    pub rank: Option<char>,
    /// When the user joined.
    pub joined_ms: u64,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountInfo {
    /// The name.
    pub name: String,
    /// The email address.
    pub email: Option<String>,
    /// When it was registered.
    pub registered_ms: u64,
    /// Whether its email address is verified, or need not be.
    pub verified: bool,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Whether the user stays on the network without a session; `None` is the server's default.
    pub always_on: Option<bool>,
    /// Whether the user is away without a session; `None` is the server's default.
    pub auto_away: Option<bool>,
    /// Whether events are replayed to all clients.
    pub replay_joins: bool,
    /// The channels that it founded. Empty in lists.
    pub channels: Vec<String>,
}

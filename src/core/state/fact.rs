//! Facts: every possible change of the state, in one closed list. Facts are checked before they are
//! applied; [`State::apply`](super::State::apply) does not check them again.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::account::{Account, Code, Purpose, Settings, Suspension, Vhost};
use super::ban::{BanInfo, BanTarget};
use super::batch::OpenBatch;
use super::channel::MaskEntry;
use super::connections::Key;
use super::defcon::Defcon;
use super::id::{ChannelId, SessionId, UserId};
use super::modes::{Letters, ModeChange, Rank, Ranks};
use super::registry::{ChannelSettings, Purge};
use super::session::{Door, Playback};
use super::user::{NewUser, Oper};
use crate::auth::{Credentials, Exchange, Throttle};
use crate::history::{Bounds, Item};
use crate::i18n::LanguageId;
use crate::text::{AccountName, ChannelName, Nick};
use crate::wire::multiline::Line;
use crate::wire::{Caps, MsgId};

/// A change of the state.
#[derive(Clone, Debug)]
pub enum Fact<'a> {
    /// A client connected.
    Opened { session: SessionId, door: Box<Door> },
    /// The handshakes of a connection are complete.
    HandshakeDone { session: SessionId, door: Box<Door> },
    /// A connection is counted with a host or group, or (`None`) no longer with any.
    Admitted { session: SessionId, counted: Option<Counted> },
    /// The number of past users for WHOWAS changed.
    WhowasResized { entries_max: usize },
    /// A trusted gateway supplied the client's address, whether the connection to it is secure, and the
    /// hostname if the gateway is trusted with it.
    Proxied { session: SessionId, ip: IpAddr, secure: bool, host: Option<&'a str> },
    /// A connection closed before registration.
    SessionDropped { session: SessionId },
    /// A session supplied or looked up something for registration.
    Introduced { session: SessionId, said: Introduction<'a> },
    /// A session's capabilities changed.
    CapsSet { session: SessionId, caps: Caps, version: u16 },
    /// A session chose languages for phrases.
    LanguagesSet { session: SessionId, languages: &'a [LanguageId] },
    /// A session registered as a new user; the id is the next one of [`super::State::users`].
    Registered { session: SessionId, user: Box<NewUser> },
    /// A user quit with all sessions.
    Quit { user: UserId, reason: &'a str },
    /// A user's nick changed.
    NickChanged { user: UserId, nick: Nick },
    /// A user's real name changed.
    RealnameChanged { user: UserId, realname: &'a str },
    /// A user's visible host changed.
    HostChanged { user: UserId, host: &'a str },
    /// A session was marked as away, or (`None`) as back.
    AwaySet { session: SessionId, text: Option<&'a str> },
    /// User modes were set and unset.
    UserModesChanged { user: UserId, on: Letters, off: Letters },
    /// A user became an operator, or (`None`) is no longer one.
    OperChanged { user: UserId, oper: Option<Box<Oper>> },
    /// An operator used a privilege.
    OperAction(OperAction<'a>),
    /// A session's OPER failed; it is allowed again at the given time.
    OperFailed { session: SessionId, again_mono_ms: u64 },
    /// A channel was created; the id is the next one of [`super::State::channels`].
    ChannelCreated { name: ChannelName, flags: Letters },
    /// A user joined a channel.
    Joined { user: UserId, channel: ChannelId, ranks: Ranks },
    /// A user left a channel.
    Parted { user: UserId, channel: ChannelId, reason: Option<&'a str> },
    /// A user kicked another.
    Kicked { by: UserId, user: UserId, channel: ChannelId, reason: &'a str },
    /// All members but one were removed, by a user or (`None`) the server.
    Cleared { by: Option<UserId>, channel: ChannelId, stays: Option<UserId>, reason: &'a str },
    /// The topic changed; empty means no topic.
    TopicSet { by: UserId, channel: ChannelId, text: &'a str },
    /// Modes of a channel changed. `by` is `None` for the server itself.
    ModesChanged { by: Option<UserId>, channel: ChannelId, changes: Vec<Change> },
    /// A user invited another; with `opens`, the invitation overrides restrictions on joining.
    Invited { by: UserId, user: UserId, channel: ChannelId, opens: bool },
    /// A user's invitations to a channel were withdrawn.
    Uninvited { user: UserId, channel: ChannelId },
    /// A user accepts messages from another despite `+R`, or (`on` unset) no longer does.
    Accepted { by: UserId, user: UserId, on: bool },
    /// The MONITOR list of a session changed.
    MonitorChanged { session: SessionId, change: MonitorChange<'a> },
    /// A user sent a message to a channel or user.
    Said { session: SessionId, by: UserId, to: SpeechTarget<'a>, what: Said<'a> },
    /// An operator disconnected a user.
    Killed { by: UserId, user: UserId, reason: &'a str },
    /// A session attached to an existing user (multiclient).
    Attached { session: SessionId, user: UserId },
    /// A session ended but its user stays. `away` is the away text of the user if it was the last session.
    Detached { session: SessionId, away: Option<&'a str> },
    /// A user became always-on, or is no longer.
    AlwaysOnSet { user: UserId, on: bool },
    /// A session, and its user if it has one, logged in to an account.
    LoggedIn { session: SessionId, account: &'a str, device: Option<&'a str> },
    /// A SASL exchange began or continued, or (`None`) ended.
    Authenticating { session: SessionId, exchange: Option<Box<Exchange>> },
    /// The multiline message that a session is sending changed.
    BatchChanged { session: SessionId, change: BatchChange<'a> },
    /// A session tried to log in.
    LoginTried { session: SessionId, logins: Throttle },
    /// A session registered an account whose code was sent by email.
    AccountRequested { session: SessionId },
    /// A client tried to register an account.
    RegistrationTried { registrations: Throttle },
    /// An email to an address was not sent after all.
    MailUnsent { address: &'a str },
    /// A user logged out.
    LoggedOut { user: UserId },
    /// The read marker of a user, or of the user's account, moved for a target (folded).
    Read { user: UserId, target: &'a str, at_ms: u64 },
    /// A device of an account (folded) was connected.
    Seen { account: &'a str, device: &'a str, at_ms: u64 },
    /// An account was created.
    AccountMade { account: Box<Account> },
    /// An account (folded) changed.
    AccountChanged { account: &'a str, change: AccountChange<'a> },
    /// An account was deleted; its name stays reserved unless it is `freed`.
    AccountRemoved { account: &'a str, freed: bool },
    /// A channel was registered, or its registration changed.
    RegistryChanged { channel: ChannelId, change: RegistryChange<'a> },
    /// The secret for cloaks changed; it takes effect with the next configuration.
    CloakSecretSet { secret: &'a str },
    /// An item was added to history in memory.
    Kept { place: HistoryPlace, item: Item, bounds: Bounds },
    /// The maximum lengths of histories in memory changed, for channels and for users.
    HistoryTrimmed { channel_items_max: usize, user_items_max: usize },
    /// A message was deleted from histories. `shown` is the name of the channel or peer.
    MessageRedacted {
        by: UserId,
        places: &'a [HistoryPlace],
        shown: &'a str,
        id: MsgId,
        reason: Option<&'a str>,
    },
    /// All messages of an account (folded) were deleted from one history.
    Forgotten { place: HistoryPlace, account: &'a str },
    /// A session requested playback of history, also for channels that it has yet to join.
    PlaybackAsked { session: SessionId, playback: Box<Playback> },
    /// A channel name was purged, or (`None`) is no longer.
    PurgeSet { key: &'a str, purge: Option<Purge> },
}

/// A history in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HistoryPlace {
    /// The history of a channel.
    Channel(ChannelId),
    /// A user's history of a conversation with a peer: an account or a nick, folded.
    Conversation { user: UserId, with: Box<str> },
}

impl HistoryPlace {
    /// Returns the peer of a conversation.
    pub fn with(&self) -> Option<&str> {
        match self {
            HistoryPlace::Channel(_) => None,
            HistoryPlace::Conversation { with, .. } => Some(with),
        }
    }
}

/// A use of operator privileges.
#[derive(Clone, Debug)]
pub enum OperAction<'a> {
    /// The snomasks of an operator changed.
    Snomasks { user: UserId, masks: Letters },
    /// An action that other operators are notified of.
    Did { did: &'a str },
    /// A ban was set, or (`None`) removed; `by` is `None` if it expired.
    Ban { target: BanTarget, info: Option<Box<BanInfo>>, by: Option<&'a str> },
    /// The status of an operator follows a new configuration.
    Renewed { user: UserId, oper: Box<Oper> },
    /// The recent connections of a host were reset.
    Forgiven { key: Key },
    /// An operator or a program changed the DEFCON level.
    Defcon { level: Defcon, by: &'a str },
}

/// A change of an account.
#[derive(Clone, Debug)]
pub enum AccountChange<'a> {
    /// It was verified.
    Verified,
    /// The passphrase or certificates changed.
    Credentials(Box<Credentials>),
    /// The email address changed.
    Email(Option<&'a str>),
    /// A code was sent; it replaces an earlier one for the same purpose.
    CodeSent(Code),
    /// The code for this purpose was used.
    CodeUsed(Purpose),
    /// A nick was grouped.
    NickGrouped(Nick),
    /// A nick (folded) was ungrouped.
    NickDropped(&'a str),
    /// The settings changed.
    Settings(Settings),
    /// The vhost changed.
    Vhost(Option<Vhost>),
    /// It was suspended, or (`None`) is no longer.
    Suspended(Option<Suspension>),
    /// The capitalization of the name changed.
    Respelled(AccountName),
}

/// A change of a channel's registration.
#[derive(Clone, Debug)]
pub enum RegistryChange<'a> {
    /// An account (folded) registered it.
    Registered { founder: &'a str },
    /// It is no longer registered.
    Unregistered,
    /// It was transferred to an account (folded).
    Founder(&'a str),
    /// The persistent rank of an account (folded) changed.
    Amode { account: &'a str, rank: Option<Rank> },
    /// The settings changed.
    Settings(ChannelSettings),
    /// All persistent ranks were removed.
    NoAmodes,
    /// It was offered to an account (folded), or (`None`) no longer is.
    Offered(Option<&'a str>),
}

/// A change of the multiline message that a session is sending.
#[derive(Clone, Debug)]
pub enum BatchChange<'a> {
    /// It began.
    Opened(Box<OpenBatch>),
    /// A line was added.
    Line { kind: SpeechKind, line: Line<'a> },
    /// It was rejected.
    Failed,
    /// It ended.
    Closed,
}

/// A change of a session's MONITOR list.
#[derive(Clone, Copy, Debug)]
pub enum MonitorChange<'a> {
    /// A nick was added, folded and as written.
    Added { key: &'a str, shown: &'a str },
    /// A nick (folded) was removed.
    Removed(&'a str),
    /// All nicks were removed.
    Cleared,
}

/// The host or group that a connection is counted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The host or group.
    pub key: Key,
    /// The length of the window in which connections count together, in milliseconds.
    pub window_ms: u64,
}

/// Something that a client supplies, or a lookup finds, before registration.
#[derive(Clone, Debug)]
pub enum Introduction<'a> {
    /// The nick from NICK.
    Nick(Nick),
    /// The nick proved to be taken.
    NoNick,
    /// The username (sanitized) and real name from USER.
    User { username: &'a str, realname: &'a str },
    /// The device from USER.
    Device(&'a str),
    /// The password from PASS.
    Password(&'a str),
    /// The password proved correct.
    PasswordRight,
    /// Whether registration waits for CAP END.
    Negotiating(bool),
    /// A line arrived.
    Line,
    /// `ip-check-script` accepted the address.
    Passed,
    /// The account exempted it from a password or a check, so it must stay logged in.
    NeedsAccount,
    /// The hostname of its address.
    Host(Option<&'a str>),
    /// The username from the ident protocol.
    Ident(Option<&'a str>),
}

/// A change of a channel's modes, with the list entry that it adds.
#[derive(Clone, Debug)]
pub struct Change {
    /// The change.
    pub change: ModeChange,
    /// The entry that is added to a list.
    pub entry: Option<MaskEntry>,
}

/// The recipients of a message.
#[derive(Clone, Copy, Debug)]
pub enum SpeechTarget<'a> {
    /// The members of a channel with a rank or a higher one, or (`None`) all; `shown` is the target as the
    /// sender wrote it (with a STATUSMSG prefix).
    Channel { channel: ChannelId, at_least: Option<Rank>, shown: &'a str },
    /// A user.
    User(UserId),
    /// All users except the sender that match an operator's mask; `shown` is the target as written.
    Many { users: &'a [UserId], shown: &'a str },
}

/// A message.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The command.
    pub kind: SpeechKind,
    /// The text; empty for TAGMSG.
    pub text: &'a str,
    /// Client-only tags, escaped, separated by `;`; for a relayed message, its tag precedes them.
    pub client_tags: &'a str,
    /// The source, if it is not that of the sender.
    pub source_override: Option<&'a str>,
}

/// The three commands that send messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpeechKind {
    /// PRIVMSG
    Privmsg,
    /// NOTICE
    Notice,
    /// TAGMSG
    Tagmsg,
}

impl SpeechKind {
    /// Returns the command.
    pub fn verb(self) -> &'static str {
        match self {
            SpeechKind::Privmsg => "PRIVMSG",
            SpeechKind::Notice => "NOTICE",
            SpeechKind::Tagmsg => "TAGMSG",
        }
    }
}

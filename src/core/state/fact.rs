//! Facts: everything that can become true, in one closed list. A fact has been judged already;
//! [`State::apply`](super::State::apply) does not ask again.

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

/// Something that has become true.
#[derive(Clone, Debug)]
pub enum Fact<'a> {
    /// A connection appeared.
    Opened { session: SessionId, door: Box<Door> },
    /// The handshakes of a connection are done, and showed how it came in.
    HandshakeDone { session: SessionId, door: Box<Door> },
    /// A connection is counted with these (`None`: with nobody), and no longer with others.
    Admitted { session: SessionId, counted: Option<Counted> },
    /// So many former users are remembered.
    WhowasResized { entries_max: usize },
    /// A trusted gateway said whose connection it is: the client's address, whether the way to it is
    /// secure, and the host name if one is believed.
    Proxied { session: SessionId, ip: IpAddr, secure: bool, host: Option<&'a str> },
    /// A connection that had not registered is gone.
    SessionDropped { session: SessionId },
    /// A connection said something of itself before registration.
    Introduced { session: SessionId, said: Introduction<'a> },
    /// A session's capabilities are now these.
    CapsSet { session: SessionId, caps: Caps, version: u16 },
    /// A session wants phrases in these languages.
    LanguagesSet { session: SessionId, languages: &'a [LanguageId] },
    /// A connection became a user; the id is the next one of [`super::State::users`].
    Registered { session: SessionId, user: Box<NewUser> },
    /// A user is gone with all sessions.
    Quit { user: UserId, reason: &'a str },
    /// A user's nick changed.
    NickChanged { user: UserId, nick: Nick },
    /// A user's real name changed.
    RealnameChanged { user: UserId, realname: &'a str },
    /// What others see of a user's host changed.
    HostChanged { user: UserId, host: &'a str },
    /// A session went away, or came back (`None`).
    AwaySet { session: SessionId, text: Option<&'a str> },
    /// User modes were switched on and off.
    UserModesChanged { user: UserId, on: Letters, off: Letters },
    /// A user became an operator, or (`None`) is none any more.
    OperChanged { user: UserId, oper: Option<Box<Oper>> },
    /// An operator did something that is theirs alone to do.
    OperAction(OperAction<'a>),
    /// An OPER of the session failed; it may try again then.
    OperFailed { session: SessionId, again_mono_ms: u64 },
    /// A channel came to be; the id is the next one of [`super::State::channels`].
    ChannelCreated { name: ChannelName, flags: Letters },
    /// A user joined.
    Joined { user: UserId, channel: ChannelId, ranks: Ranks },
    /// A user left.
    Parted { user: UserId, channel: ChannelId, reason: Option<&'a str> },
    /// A user was thrown out by another.
    Kicked { by: UserId, user: UserId, channel: ChannelId, reason: &'a str },
    /// All members but one were thrown out; by the server if by nobody.
    Cleared { by: Option<UserId>, channel: ChannelId, stays: Option<UserId>, reason: &'a str },
    /// The topic is now this; empty for none.
    TopicSet { by: UserId, channel: ChannelId, text: &'a str },
    /// Modes of a channel changed. `by` is `None` for the server itself.
    ModesChanged { by: Option<UserId>, channel: ChannelId, changes: Vec<Change> },
    /// A user was invited by another; with `opens`, the invitation overrides what bars the channel.
    Invited { by: UserId, user: UserId, channel: ChannelId, opens: bool },
    /// A user's invitations into a channel were taken back.
    Uninvited { user: UserId, channel: ChannelId },
    /// A user wants to hear another one in spite of `+R`, or (`on` unset) does not insist on it.
    Accepted { by: UserId, user: UserId, on: bool },
    /// A session watches other nicks than before.
    MonitorChanged { session: SessionId, change: MonitorChange<'a> },
    /// A user said something to a channel or a user.
    Said { session: SessionId, by: UserId, to: SpeechTarget<'a>, what: Said<'a> },
    /// A user was disconnected by another.
    Killed { by: UserId, user: UserId, reason: &'a str },
    /// A connection joined a user who was there already (multiclient).
    Attached { session: SessionId, user: UserId },
    /// A connection of a user is gone; the user stays. `away` is the user's away text if that was the last.
    Detached { session: SessionId, away: Option<&'a str> },
    /// Whether a user stays when no session is left.
    AlwaysOnSet { user: UserId, on: bool },
    /// A connection is known to be of an account; so is its user, once there is one.
    LoggedIn { session: SessionId, account: &'a str, device: Option<&'a str> },
    /// A login by SASL began, went on, or (`None`) is over.
    Authenticating { session: SessionId, exchange: Option<Box<Exchange>> },
    /// Something became of the message of several lines that a session is sending.
    BatchChanged { session: SessionId, change: BatchChange<'a> },
    /// A session tried to log in.
    LoginTried { session: SessionId, logins: Throttle },
    /// A session has asked for an account, whose code was mailed.
    AccountRequested { session: SessionId },
    /// Someone tried to register an account.
    RegistrationTried { registrations: Throttle },
    /// A letter to an address was not sent after all.
    MailUnsent { address: &'a str },
    /// A user is of no account any more.
    LoggedOut { user: UserId },
    /// A user, or the user's account, read a target (folded) up to a time.
    Read { user: UserId, target: &'a str, at_ms: u64 },
    /// A device of an account (folded) was there.
    Seen { account: &'a str, device: &'a str, at_ms: u64 },
    /// An account was made.
    AccountMade { account: Box<Account> },
    /// Something of an account (folded name) changed.
    AccountChanged { account: &'a str, change: AccountChange<'a> },
    /// An account is gone; its name stays taken unless it is `freed`.
    AccountRemoved { account: &'a str, freed: bool },
    /// A channel was registered, or something of its registration changed.
    RegistryChanged { channel: ChannelId, change: RegistryChange<'a> },
    /// Cloaks are to be made with another secret, from the next configuration on.
    CloakSecretSet { secret: &'a str },
    /// Something is kept in memory.
    Kept { place: HistoryPlace, item: Item, bounds: Bounds },
    /// No more than this is kept in memory of a channel, and of a user's conversations.
    HistoryTrimmed { channel_items_max: usize, user_items_max: usize },
    /// Something that was kept is taken back. `shown` is what the channel, or the other one, is called.
    MessageRedacted {
        by: UserId,
        places: &'a [HistoryPlace],
        shown: &'a str,
        id: MsgId,
        reason: Option<&'a str>,
    },
    /// All that an account (folded) said is taken back in one history.
    Forgotten { place: HistoryPlace, account: &'a str },
    /// A session wants history played, also of channels that it is about to join.
    PlaybackAsked { session: SessionId, playback: Box<Playback> },
    /// A channel name was closed, or (`None`) opened again.
    PurgeSet { key: &'a str, purge: Option<Purge> },
}

/// Whose history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HistoryPlace {
    /// A channel's.
    Channel(ChannelId),
    /// A user's, of the conversation with another: an account or a nick, folded.
    Conversation { user: UserId, with: Box<str> },
}

impl HistoryPlace {
    /// The other one of a conversation.
    pub fn with(&self) -> Option<&str> {
        match self {
            HistoryPlace::Channel(_) => None,
            HistoryPlace::Conversation { with, .. } => Some(with),
        }
    }
}

/// What operators of the server decide.
#[derive(Clone, Debug)]
pub enum OperAction<'a> {
    /// The server notices that an operator reads; the letters of snomasks.
    Snomasks { user: UserId, masks: Letters },
    /// Something that the others must know of.
    Did { did: &'a str },
    /// A ban was set, or (`None`) lifted; `by` is `None` when its time was over.
    Ban { target: BanTarget, info: Option<Box<BanInfo>>, by: Option<&'a str> },
    /// What an operator is and may do, now that the configuration has changed.
    Renewed { user: UserId, oper: Box<Oper> },
    /// The connections that a host made of late count no longer.
    Forgiven { key: Key },
    /// The server was opened or closed a bit.
    Defcon { level: Defcon, by: UserId },
}

/// What changed of an account.
#[derive(Clone, Debug)]
pub enum AccountChange<'a> {
    /// Its address was verified.
    Verified,
    /// Password, keys or certificates.
    Credentials(Box<Credentials>),
    /// The address.
    Email(Option<&'a str>),
    /// A code was sent; it takes the place of an earlier one for the same purpose.
    CodeSent(Code),
    /// The code for this purpose is used up.
    CodeUsed(Purpose),
    /// A nick was added to it.
    NickGrouped(Nick),
    /// A nick (folded) was taken away from it.
    NickDropped(&'a str),
    /// What its owner chose.
    Settings(Settings),
    /// The host it shows.
    Vhost(Option<Vhost>),
    /// Nobody may log in, or (`None`) one may again.
    Suspended(Option<Suspension>),
    /// The same name in another spelling.
    Respelled(AccountName),
}

/// What changed of a channel's registration.
#[derive(Clone, Debug)]
pub enum RegistryChange<'a> {
    /// It was registered by this account (folded).
    Registered { founder: &'a str },
    /// It is a channel like any other again.
    Unregistered,
    /// It belongs to this account (folded).
    Founder(&'a str),
    /// The rank an account (folded) gets on joining.
    Amode { account: &'a str, rank: Option<Rank> },
    /// What the founder chose.
    Settings(ChannelSettings),
    /// No account gets a rank any more.
    NoAmodes,
    /// Whom it is offered to.
    Offered(Option<&'a str>),
}

/// What becomes of a message of several lines.
#[derive(Clone, Debug)]
pub enum BatchChange<'a> {
    /// It begins.
    Opened(Box<OpenBatch>),
    /// One more line.
    Line { kind: SpeechKind, line: Line<'a> },
    /// Something is wrong with it.
    Failed,
    /// It is over.
    Closed,
}

/// A change of what a session watches.
#[derive(Clone, Copy, Debug)]
pub enum MonitorChange<'a> {
    /// This nick, too; folded, and as it was written.
    Added { key: &'a str, shown: &'a str },
    /// This one, folded, not any longer.
    Removed(&'a str),
    /// None any longer.
    Cleared,
}

/// Whom a connection is counted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The host or group.
    pub key: Key,
    /// How long connections count together that come one after the other.
    pub window_ms: u64,
}

/// What a connection says of itself, and what is found out about it, before registration.
#[derive(Clone, Debug)]
pub enum Introduction<'a> {
    /// NICK.
    Nick(Nick),
    /// The nick turned out to be taken.
    NoNick,
    /// USER, with a cleaned user name.
    User { username: &'a str, realname: &'a str },
    /// The device, from USER.
    Device(&'a str),
    /// PASS.
    Password(&'a str),
    /// The password was compared and is right.
    PasswordRight,
    /// CAP LS or REQ: registration waits for CAP END.
    Negotiating(bool),
    /// One more line.
    Line,
    /// `ip-check-script` let it in.
    Passed,
    /// Its account spares it a password or a check: it may not stay without one.
    NeedsAccount,
    /// The host name of its address.
    Host(Option<&'a str>),
    /// What its machine calls its user.
    Ident(Option<&'a str>),
}

/// A change of a channel's modes, with what the list entry needs.
#[derive(Clone, Debug)]
pub struct Change {
    /// The change.
    pub change: ModeChange,
    /// For an entry added to a list.
    pub entry: Option<MaskEntry>,
}

/// Whom something is said to.
#[derive(Clone, Copy, Debug)]
pub enum SpeechTarget<'a> {
    /// The members of a channel that hold a rank, or (`None`) all; `shown` is the target as the
    /// speaker wrote it (with a STATUSMSG prefix).
    Channel { channel: ChannelId, at_least: Option<Rank>, shown: &'a str },
    /// A user.
    User(UserId),
    /// All whom a mask of an operator covers, but for the speaker; `shown` is the target as written.
    Many { users: &'a [UserId], shown: &'a str },
}

/// What is said.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// How.
    pub kind: SpeechKind,
    /// The text; empty for TAGMSG.
    pub text: &'a str,
    /// Client-only tags, escaped, separated by `;`; in front of them that of a relayed message.
    pub client_tags: &'a str,
    /// The source under which it is said, where that is not the speaker's own.
    pub source_override: Option<&'a str>,
}

/// The three ways to say something.
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
    /// The command.
    pub fn verb(self) -> &'static str {
        match self {
            SpeechKind::Privmsg => "PRIVMSG",
            SpeechKind::Notice => "NOTICE",
            SpeechKind::Tagmsg => "TAGMSG",
        }
    }
}

//! Facts: everything that can become true, in one closed list. A fact has been judged already;
//! [`State::apply`](super::State::apply) does not ask again.

use std::net::IpAddr;

use super::channel::MaskEntry;
use super::id::{ChannelId, SessionId, UserId};
use super::limits::Key;
use super::modes::{Letters, ModeChange, Ranks};
use super::session::Door;
use super::user::{NewUser, Oper};
use crate::i18n::LanguageId;
use crate::text::{ChannelName, Nick};
use crate::wire::Caps;

/// Something that has become true.
#[derive(Clone, Debug)]
pub enum Fact<'a> {
    /// A connection appeared.
    Opened { session: SessionId, door: Box<Door> },
    /// A connection is counted with these (`None`: with nobody), and no longer with others.
    Admitted { session: SessionId, counted: Option<Counted> },
    /// A trusted gateway said whose connection it is: the client's address, whether the way to it is
    /// secure, and the host name if one is believed.
    Proxied { session: SessionId, ip: IpAddr, secure: bool, host: Option<&'a str> },
    /// A connection that had not registered is gone.
    Vanished { session: SessionId },
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
    /// An OPER of the session failed; it may try again then.
    OperFailed { session: SessionId, again_mono_ms: u64 },
    /// A channel came to be; the id is the next one of [`super::State::channels`].
    Formed { name: ChannelName, flags: Letters },
    /// A user joined.
    Joined { user: UserId, channel: ChannelId, ranks: Ranks },
    /// A user left.
    Parted { user: UserId, channel: ChannelId, reason: Option<&'a str> },
    /// A user was thrown out by another.
    Kicked { by: UserId, user: UserId, channel: ChannelId, reason: &'a str },
    /// The topic is now this; empty for none.
    TopicSet { by: UserId, channel: ChannelId, text: &'a str },
    /// Modes of a channel changed. `by` is `None` for the server itself.
    ModesChanged { by: Option<UserId>, channel: ChannelId, changes: Vec<Change> },
    /// A user was invited by another; with `opens`, the invitation overrides what bars the channel.
    Invited { by: UserId, user: UserId, channel: ChannelId, opens: bool },
    /// A user said something to a channel.
    Said { session: SessionId, by: UserId, to: Target<'a>, what: Said<'a> },
    /// A user was disconnected by another.
    Killed { by: UserId, user: UserId, reason: &'a str },
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
pub enum Target<'a> {
    /// The members of a channel that hold a rank, or (`None`) all; `shown` is the target as the
    /// speaker wrote it (with a STATUSMSG prefix).
    Channel { channel: ChannelId, at_least: Option<super::modes::Rank>, shown: &'a str },
    /// A user.
    User(UserId),
}

/// What is said.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// How.
    pub kind: Kind,
    /// The text; empty for TAGMSG.
    pub text: &'a str,
    /// Client-only tags, escaped, separated by `;`.
    pub client_tags: &'a str,
}

/// The three ways to say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PRIVMSG
    Privmsg,
    /// NOTICE
    Notice,
    /// TAGMSG
    Tagmsg,
}

impl Kind {
    /// The command.
    pub fn verb(self) -> &'static str {
        match self {
            Kind::Privmsg => "PRIVMSG",
            Kind::Notice => "NOTICE",
            Kind::Tagmsg => "TAGMSG",
        }
    }
}

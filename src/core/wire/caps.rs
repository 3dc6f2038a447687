//! Capabilities: those that this server supports, and sets of them.
//!
//! The engine decides which of them are offered, and with which value, depending on the
//! configuration.

use std::ops::{BitAnd, BitOr};

use serde::{Deserialize, Serialize};

macro_rules! capabilities {
    ($($(#[$doc:meta])* $id:ident = $name:literal),* $(,)?) => {
        /// One capability.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Cap { $($(#[$doc])* $id),* }

        impl Cap {
            /// All capabilities, in alphabetical order.
            pub const ALL: &'static [Cap] = &[$(Cap::$id),*];

            /// Returns the name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Cap::$id => $name),* }
            }
        }
    };
}

capabilities! {
    /// ACCOUNT when a peer logs in or out.
    AccountNotify = "account-notify",
    /// A tag with the sender's account.
    AccountTag = "account-tag",
    /// AWAY of peers.
    AwayNotify = "away-notify",
    /// BATCH.
    Batch = "batch",
    /// CAP NEW and CAP DEL.
    CapNotify = "cap-notify",
    /// CHGHOST when the host of a peer changes.
    Chghost = "chghost",
    /// REGISTER and VERIFY.
    AccountRegistration = "draft/account-registration",
    /// CHATHISTORY; disables automatic replay.
    Chathistory = "draft/chathistory",
    /// Events in history, not only messages.
    EventPlayback = "draft/event-playback",
    /// The command ISUPPORT and its batch.
    ExtendedIsupport = "draft/extended-isupport",
    /// Replies in other languages.
    Languages = "draft/languages",
    /// REDACT.
    MessageRedaction = "draft/message-redaction",
    /// Multiline messages.
    Multiline = "draft/multiline",
    /// PERSISTENCE.
    Persistence = "draft/persistence",
    /// AWAY before registration, and `AWAY *`.
    PreAway = "draft/pre-away",
    /// MARKREAD.
    ReadMarker = "draft/read-marker",
    /// A tag with the user that relayed a message.
    Relaymsg = "draft/relaymsg",
    /// The client's own full mask after the welcome.
    Whoami = "draft/whoami",
    /// The client's own messages, as sent.
    EchoMessage = "echo-message",
    /// Account and real name in JOIN.
    ExtendedJoin = "extended-join",
    /// Changes of monitored users.
    ExtendedMonitor = "extended-monitor",
    /// INVITE to the operators of a channel.
    InviteNotify = "invite-notify",
    /// Labels that connect replies with commands.
    LabeledResponse = "labeled-response",
    /// Any tags, TAGMSG, message ids.
    MessageTags = "message-tags",
    /// All prefixes of a member, not only the highest.
    MultiPrefix = "multi-prefix",
    /// No NAMES after JOIN.
    NoImplicitNames = "no-implicit-names",
    /// AUTHENTICATE.
    Sasl = "sasl",
    /// A tag with the time of a line.
    ServerTime = "server-time",
    /// SETNAME.
    Setname = "setname",
    /// FAIL, WARN and NOTE.
    StandardReplies = "standard-replies",
    /// The policy to use TLS only.
    Sts = "sts",
    /// Full masks in NAMES.
    UserhostInNames = "userhost-in-names",
    /// ZNC's command for history; disables automatic replay.
    ZncPlayback = "znc.in/playback",
    /// The client's own messages in a replay of conversations.
    ZncSelfMessage = "znc.in/self-message",
}

impl Cap {
    /// Looks up a name; names are case-sensitive (capability-negotiation).
    pub fn by_name(name: &str) -> Option<Cap> {
        Cap::ALL.iter().copied().find(|cap| cap.name() == name)
    }
}

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Caps(u64);

impl Caps {
    /// Returns the empty set.
    pub const NONE: Caps = Caps(0);

    /// Returns a set of one capability.
    pub const fn of(cap: Cap) -> Caps {
        Caps(1 << cap as u8)
    }

    /// Returns whether the set contains a capability.
    pub const fn has(self, cap: Cap) -> bool {
        self.0 & (1 << cap as u8) != 0
    }

    /// Returns whether the set contains all of `other`.
    pub const fn contains(self, other: Caps) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the set with a capability added.
    pub const fn with(self, cap: Cap) -> Caps {
        Caps(self.0 | 1 << cap as u8)
    }

    /// Returns the set with a capability removed.
    pub const fn without(self, cap: Cap) -> Caps {
        Caps(self.0 & !(1 << cap as u8))
    }

    /// Returns whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Iterates over the capabilities by name.
    pub fn iter(self) -> impl Iterator<Item = Cap> {
        Cap::ALL.iter().copied().filter(move |&cap| self.has(cap))
    }
}

impl BitAnd for Caps {
    type Output = Caps;

    fn bitand(self, other: Caps) -> Caps {
        Caps(self.0 & other.0)
    }
}

impl BitOr for Caps {
    type Output = Caps;

    fn bitor(self, other: Caps) -> Caps {
        Caps(self.0 | other.0)
    }
}

impl FromIterator<Cap> for Caps {
    fn from_iter<I: IntoIterator<Item = Cap>>(caps: I) -> Caps {
        caps.into_iter().fold(Caps::NONE, Caps::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_sorted_and_fits_the_set() {
        assert!(Cap::ALL.windows(2).all(|pair| pair[0].name() < pair[1].name()));
        assert!(Cap::ALL.len() <= 64);
        for &cap in Cap::ALL {
            assert_eq!(Cap::by_name(cap.name()), Some(cap));
            assert_eq!(Caps::of(cap).iter().collect::<Vec<_>>(), [cap]);
        }
    }

    #[test]
    fn set_operations() {
        let set: Caps = [Cap::Batch, Cap::ServerTime].into_iter().collect();
        assert!(set.contains(Caps::of(Cap::Batch)) && !set.has(Cap::Setname));
        assert_eq!(set.without(Cap::Batch), Caps::of(Cap::ServerTime));
        assert_eq!(set & Caps::of(Cap::Setname), Caps::NONE);
    }
}

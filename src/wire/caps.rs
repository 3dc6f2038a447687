//! Capabilities: the registry of those this server knows, and sets of them.
//!
//! Which of them are on offer, and with what value, depends on the configuration and is decided by the
//! engine.

use std::ops::{BitAnd, BitOr};

use serde::{Deserialize, Serialize};

macro_rules! capabilities {
    ($($(#[$doc:meta])* $id:ident = $name:literal),* $(,)?) => {
        /// One capability.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Cap { $($(#[$doc])* $id),* }

        impl Cap {
            /// All of them, in the alphabetic order of their names.
            pub const ALL: &'static [Cap] = &[$(Cap::$id),*];

            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Cap::$id => $name),* }
            }
        }
    };
}

capabilities! {
    /// ACCOUNT lines when someone logs in or out.
    AccountNotify = "account-notify",
    /// The sender's account as a tag.
    AccountTag = "account-tag",
    /// AWAY lines of people in shared channels.
    AwayNotify = "away-notify",
    /// Groups of lines.
    Batch = "batch",
    /// CAP NEW and CAP DEL.
    CapNotify = "cap-notify",
    /// CHGHOST lines instead of a surprising new host.
    Chghost = "chghost",
    /// REGISTER and VERIFY.
    AccountRegistration = "draft/account-registration",
    /// CHATHISTORY, and no history that was not asked for.
    Chathistory = "draft/chathistory",
    /// History with what happened besides messages.
    EventPlayback = "draft/event-playback",
    /// The ISUPPORT command and its batch.
    ExtendedIsupport = "draft/extended-isupport",
    /// Replies in other languages.
    Languages = "draft/languages",
    /// REDACT.
    MessageRedaction = "draft/message-redaction",
    /// Messages of several lines.
    Multiline = "draft/multiline",
    /// PERSISTENCE.
    Persistence = "draft/persistence",
    /// AWAY before registration, and `AWAY *`.
    PreAway = "draft/pre-away",
    /// MARKREAD.
    ReadMarker = "draft/read-marker",
    /// Who relayed a message.
    Relaymsg = "draft/relaymsg",
    /// One's own full mask after the welcome.
    Whoami = "draft/whoami",
    /// One's own messages come back as sent.
    EchoMessage = "echo-message",
    /// Account and real name in JOIN.
    ExtendedJoin = "extended-join",
    /// What changes about monitored users.
    ExtendedMonitor = "extended-monitor",
    /// INVITE lines to the channel's operators.
    InviteNotify = "invite-notify",
    /// Answers tied to commands.
    LabeledResponse = "labeled-response",
    /// Any tags, TAGMSG, message ids.
    MessageTags = "message-tags",
    /// All prefixes of a member, not only the highest.
    MultiPrefix = "multi-prefix",
    /// No NAMES after JOIN.
    NoImplicitNames = "no-implicit-names",
    /// AUTHENTICATE.
    Sasl = "sasl",
    /// When a line was said.
    ServerTime = "server-time",
    /// SETNAME.
    Setname = "setname",
    /// FAIL, WARN and NOTE.
    StandardReplies = "standard-replies",
    /// TLS from now on.
    Sts = "sts",
    /// Full masks in NAMES.
    UserhostInNames = "userhost-in-names",
    /// ZNC's way to ask for history; none that was not asked for.
    ZncPlayback = "znc.in/playback",
    /// Own messages are understood in a replay of conversations.
    ZncSelfMessage = "znc.in/self-message",
}

impl Cap {
    /// Looks a name up; names are case-sensitive (capability-negotiation).
    pub fn by_name(name: &str) -> Option<Cap> {
        Cap::ALL.iter().copied().find(|cap| cap.name() == name)
    }
}

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Caps(u64);

impl Caps {
    /// The empty set.
    pub const NONE: Caps = Caps(0);

    /// The set of one.
    pub const fn of(cap: Cap) -> Caps {
        Caps(1 << cap as u8)
    }

    /// Whether the capability is in the set.
    pub const fn has(self, cap: Cap) -> bool {
        self.0 & (1 << cap as u8) != 0
    }

    /// Whether all of `other` is in the set.
    pub const fn contains(self, other: Caps) -> bool {
        self.0 & other.0 == other.0
    }

    /// The set with the capability.
    pub const fn with(self, cap: Cap) -> Caps {
        Caps(self.0 | 1 << cap as u8)
    }

    /// The set without the capability.
    pub const fn without(self, cap: Cap) -> Caps {
        Caps(self.0 & !(1 << cap as u8))
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, by name.
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

//! Sets of mode letters, ranks of channel members, and changes of channel modes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::UserId;
use crate::text::ChannelName;

/// The channel modes without a parameter.
pub const CHANNEL_FLAGS: &str = "CEMRUimnstu";

/// The maximum length of a channel key, in bytes.
pub const KEY_BYTES_MAX: usize = 64;

/// Returns whether a text is a valid channel key: it must be possible as a middle parameter of JOIN and
/// MODE, and in the comma-separated list of JOIN.
pub fn is_channel_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= KEY_BYTES_MAX
        && !key.starts_with(':')
        && !key.contains([' ', ',', '\0', '\t', '\n', '\x0b', '\x0c', '\r'])
}

/// A set of ASCII letters: user modes, or the channel modes that take no parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letters(u64);

impl Letters {
    /// Returns the set of the letters in a text, ignoring other characters.
    pub const fn of(text: &str) -> Letters {
        let bytes = text.as_bytes();
        let (mut set, mut at) = (0, 0);
        while at < bytes.len() {
            set |= bit(bytes[at] as char);
            at += 1;
        }
        Letters(set)
    }

    /// Returns whether the letter is in the set.
    pub const fn has(self, letter: char) -> bool {
        self.0 & bit(letter) != 0
    }

    /// Adds or removes a letter.
    pub fn set(&mut self, letter: char, on: bool) {
        if on {
            self.0 |= bit(letter);
        } else {
            self.0 &= !bit(letter);
        }
    }

    /// Iterates over the letters, upper case first.
    pub fn iter(self) -> impl Iterator<Item = char> {
        ('A'..='Z').chain('a'..='z').filter(move |&letter| self.has(letter))
    }
}

impl fmt::Display for Letters {
    /// Writes the form of 221 and 324: `+Zi`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("+")?;
        self.iter().try_for_each(|letter| write!(f, "{letter}"))
    }
}

const fn bit(letter: char) -> u64 {
    match letter {
        'A'..='Z' => 1 << (letter as u8 - b'A'),
        'a'..='z' => 1 << (letter as u8 - b'a' + 26),
        _ => 0,
    }
}

/// A channel privilege, from voice to founder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Rank {
    /// `+v`
    Voice = 1,
    /// `+h`
    Halfop = 2,
    /// `+o`
    Op = 4,
    /// `+a`
    Admin = 8,
    /// `+q`
    Founder = 16,
}

impl Rank {
    /// All ranks, highest first, as PREFIX lists them.
    pub const ALL: [Rank; 5] = [Rank::Founder, Rank::Admin, Rank::Op, Rank::Halfop, Rank::Voice];

    /// Returns the mode letter.
    pub fn letter(self) -> char {
        match self {
            Rank::Founder => 'q',
            Rank::Admin => 'a',
            Rank::Op => 'o',
            Rank::Halfop => 'h',
            Rank::Voice => 'v',
        }
    }

    /// Returns the prefix of nicks in NAMES.
    pub fn prefix(self) -> char {
        match self {
            Rank::Founder => '~',
            Rank::Admin => '&',
            Rank::Op => '@',
            Rank::Halfop => '%',
            Rank::Voice => '+',
        }
    }

    /// Returns the rank with a mode letter.
    pub fn by_letter(letter: char) -> Option<Rank> {
        Rank::ALL.into_iter().find(|rank| rank.letter() == letter)
    }

    /// Returns the rank with a prefix.
    pub fn by_prefix(prefix: char) -> Option<Rank> {
        Rank::ALL.into_iter().find(|rank| rank.prefix() == prefix)
    }
}

/// The ranks of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranks(u8);

impl Ranks {
    /// No rank.
    pub const NONE: Ranks = Ranks(0);

    /// Returns a set of one rank.
    pub const fn of(rank: Rank) -> Ranks {
        Ranks(rank as u8)
    }

    /// Returns whether the set contains exactly this rank.
    pub fn has(self, rank: Rank) -> bool {
        self.0 & rank as u8 != 0
    }

    /// Returns whether the set contains this rank or a higher one.
    pub fn at_least(self, rank: Rank) -> bool {
        self.0 >= rank as u8
    }

    /// Returns the highest rank.
    pub fn highest(self) -> Option<Rank> {
        Rank::ALL.into_iter().find(|&rank| self.has(rank))
    }

    /// Adds or removes a rank.
    pub fn set(&mut self, rank: Rank, on: bool) {
        if on {
            self.0 |= rank as u8;
        } else {
            self.0 &= !(rank as u8);
        }
    }

    /// Iterates over the prefixes, highest first; only the highest unless `all` (multi-prefix).
    pub fn prefixes(self, all: bool) -> impl Iterator<Item = char> {
        let held = Rank::ALL.into_iter().filter(move |&rank| self.has(rank));
        held.map(Rank::prefix).take(if all { Rank::ALL.len() } else { 1 })
    }
}

/// A list of masks in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// `+b`
    Ban,
    /// `+e`
    Except,
    /// `+I`
    Invex,
}

impl List {
    /// All three, in the order of their letters in 004.
    pub const ALL: [List; 3] = [List::Ban, List::Except, List::Invex];

    /// Returns the mode letter.
    pub fn letter(self) -> char {
        match self {
            List::Ban => 'b',
            List::Except => 'e',
            List::Invex => 'I',
        }
    }

    /// Returns the list with a mode letter.
    pub fn by_letter(letter: char) -> Option<List> {
        List::ALL.into_iter().find(|list| list.letter() == letter)
    }
}

/// A change of a channel's modes that is known to be permitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModeChange {
    /// A mode without a parameter.
    Flag {
        /// The letter.
        letter: char,
        /// Whether it is set or unset.
        on: bool,
    },
    /// A member's rank.
    Rank {
        /// The rank.
        rank: Rank,
        /// Whether it is given or removed.
        on: bool,
        /// The member.
        user: UserId,
    },
    /// An entry of a list.
    List {
        /// The list.
        list: List,
        /// Whether the entry is added or removed.
        on: bool,
        /// The mask in its canonical form.
        mask: String,
    },
    /// `+k` with the key, or `-k`.
    Key(Option<String>),
    /// `+l` with the number of members, or `-l`.
    Limit(Option<u32>),
    /// `+f` with the channel, or `-f`.
    Forward(Option<ChannelName>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_added_and_removed() {
        let mut set = Letters::of("+nti");
        set.set('Z', true);
        set.set('t', false);
        assert_eq!(set.to_string(), "+Zin");
        assert!(set.has('Z') && !set.has('t') && !set.has('+'));
    }

    #[test]
    fn ranks_have_prefixes_and_an_order() {
        let mut ranks = Ranks::of(Rank::Op);
        ranks.set(Rank::Voice, true);
        assert_eq!(ranks.prefixes(true).collect::<String>(), "@+");
        assert_eq!(ranks.prefixes(false).collect::<String>(), "@");
        assert!(ranks.at_least(Rank::Halfop) && !ranks.at_least(Rank::Admin));
        assert_eq!(ranks.highest(), Some(Rank::Op));
        assert_eq!(Ranks::NONE.highest(), None);
    }
}

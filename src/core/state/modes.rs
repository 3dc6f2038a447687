//! Sets of mode letters, ranks of channel members, and changes of channel modes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::UserId;
use crate::text::ChannelName;

/// The channel modes without a parameter.
pub const CHANNEL_FLAGS: &str = "CEMRUimnstu";

/// Longest channel key, in bytes.
pub const KEY_BYTES_MAX: usize = 64;

/// Whether a text can be a channel's key: it must fit a middle parameter of JOIN and MODE, and JOIN's
/// comma list.
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
    /// The set of the letters in a text; other characters do not count.
    pub const fn of(text: &str) -> Letters {
        let bytes = text.as_bytes();
        let (mut set, mut at) = (0, 0);
        while at < bytes.len() {
            set |= bit(bytes[at] as char);
            at += 1;
        }
        Letters(set)
    }

    /// Whether the letter is in the set.
    pub const fn has(self, letter: char) -> bool {
        self.0 & bit(letter) != 0
    }

    /// Puts the letter in or takes it out.
    pub fn set(&mut self, letter: char, on: bool) {
        if on {
            self.0 |= bit(letter);
        } else {
            self.0 &= !bit(letter);
        }
    }

    /// The letters, upper case first.
    pub fn iter(self) -> impl Iterator<Item = char> {
        ('A'..='Z').chain('a'..='z').filter(move |&letter| self.has(letter))
    }
}

impl fmt::Display for Letters {
    /// `+Zi`: the form of 221 and 324.
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

/// A standing in a channel, from voice up to founder.
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
    /// Highest first, as PREFIX lists them.
    pub const ALL: [Rank; 5] = [Rank::Founder, Rank::Admin, Rank::Op, Rank::Halfop, Rank::Voice];

    /// The mode letter.
    pub fn letter(self) -> char {
        match self {
            Rank::Founder => 'q',
            Rank::Admin => 'a',
            Rank::Op => 'o',
            Rank::Halfop => 'h',
            Rank::Voice => 'v',
        }
    }

    /// The sign before a nick.
    pub fn prefix(self) -> char {
        match self {
            Rank::Founder => '~',
            Rank::Admin => '&',
            Rank::Op => '@',
            Rank::Halfop => '%',
            Rank::Voice => '+',
        }
    }

    /// The rank of a mode letter.
    pub fn by_letter(letter: char) -> Option<Rank> {
        Rank::ALL.into_iter().find(|rank| rank.letter() == letter)
    }

    /// The rank of a prefix sign.
    pub fn by_prefix(prefix: char) -> Option<Rank> {
        Rank::ALL.into_iter().find(|rank| rank.prefix() == prefix)
    }
}

/// The ranks one member holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranks(u8);

impl Ranks {
    /// No rank.
    pub const NONE: Ranks = Ranks(0);

    /// Just one.
    pub const fn of(rank: Rank) -> Ranks {
        Ranks(rank as u8)
    }

    /// Whether the rank itself is held.
    pub fn has(self, rank: Rank) -> bool {
        self.0 & rank as u8 != 0
    }

    /// Whether the rank or a higher one is held.
    pub fn at_least(self, rank: Rank) -> bool {
        self.0 >= rank as u8
    }

    /// The highest rank.
    pub fn highest(self) -> Option<Rank> {
        Rank::ALL.into_iter().find(|&rank| self.has(rank))
    }

    /// Gives or takes a rank.
    pub fn set(&mut self, rank: Rank, on: bool) {
        if on {
            self.0 |= rank as u8;
        } else {
            self.0 &= !(rank as u8);
        }
    }

    /// The prefix signs, highest first; only the highest unless `all` (multi-prefix).
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

    /// The mode letter.
    pub fn letter(self) -> char {
        match self {
            List::Ban => 'b',
            List::Except => 'e',
            List::Invex => 'I',
        }
    }

    /// The list of a mode letter.
    pub fn by_letter(letter: char) -> Option<List> {
        List::ALL.into_iter().find(|list| list.letter() == letter)
    }
}

/// One change of a channel's modes, already judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModeChange {
    /// A mode without a parameter.
    Flag {
        /// Its letter.
        letter: char,
        /// Set or unset.
        on: bool,
    },
    /// A member's rank.
    Rank {
        /// Which rank.
        rank: Rank,
        /// Given or taken.
        on: bool,
        /// The member.
        user: UserId,
    },
    /// An entry of a list.
    List {
        /// Which list.
        list: List,
        /// Added or removed.
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
    fn letters() {
        let mut set = Letters::of("+nti");
        set.set('Z', true);
        set.set('t', false);
        assert_eq!(set.to_string(), "+Zin");
        assert!(set.has('Z') && !set.has('t') && !set.has('+'));
    }

    #[test]
    fn ranks() {
        let mut ranks = Ranks::of(Rank::Op);
        ranks.set(Rank::Voice, true);
        assert_eq!(ranks.prefixes(true).collect::<String>(), "@+");
        assert_eq!(ranks.prefixes(false).collect::<String>(), "@");
        assert!(ranks.at_least(Rank::Halfop) && !ranks.at_least(Rank::Admin));
        assert_eq!(ranks.highest(), Some(Rank::Op));
        assert_eq!(Ranks::NONE.highest(), None);
    }
}

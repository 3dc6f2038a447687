//! Names as parsed types: a `Nick`, `ChannelName` or `AccountName` is always valid.
//!
//! Each holds the name as shown and the key for lookups. Invariant: the key is the folded name, and
//! equality, order and hash are those of the key. All names of a network must be parsed with the same
//! mapping.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::{CaseMapping, truncate};

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadName {
    /// It is empty.
    Empty,
    /// The name, or its folded form, is longer than this number of bytes.
    TooLong(usize),
    /// No name of this kind may contain this character.
    ForbiddenCharacter(char),
    /// No name of this kind may begin with this character.
    ForbiddenStart(char),
    /// It does not begin with `#`, as a channel name must.
    NotChannel,
    /// The characters are allowed, but not their combination, such as a mix of writing directions.
    NotFoldable,
    /// The name has a special meaning in the protocol.
    Reserved,
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name is empty"),
            Self::TooLong(bytes_max) => write!(f, "the name is longer than {bytes_max} bytes"),
            Self::ForbiddenCharacter(c) => write!(f, "the name contains {c:?}"),
            Self::ForbiddenStart(c) => write!(f, "the name begins with {c:?}"),
            Self::NotChannel => f.write_str("the name does not begin with '#'"),
            Self::NotFoldable => f.write_str("the name mixes characters that do not go together"),
            Self::Reserved => f.write_str("the name is reserved"),
        }
    }
}

impl std::error::Error for BadName {}

/// Separators of `nick!user@host`, of lists and of parameters; wildcards; and the dot, which
/// distinguishes a server name from a nick.
const FORBIDDEN_IN_NAME: &[char] = &[' ', ',', '*', '?', '.', '!', '@', ':'];
/// The channel type and the membership prefixes; a minus looks like a removed mode.
const FORBIDDEN_AT_START: &[char] = &['#', '~', '&', '@', '%', '+', '-'];
/// Rejected in new names, allowed in those of old accounts: clients and scripts mishandle them.
const DISFAVORED: &[char] = &['<', '>', '\'', '"', ';', '#'];
const FORBIDDEN_IN_CHANNEL: &[char] = &[' ', ',', '*', '?'];

impl CaseMapping {
    /// Parses a nick that a user requests. Surrounding space is not trimmed. The name of a new account
    /// must pass this, too, since its owner will use it as a nick.
    ///
    /// # Errors
    /// Anything that `nick_key` rejects, a form longer than `bytes_max`, one of `<>'";#`, a leading `$`
    /// (which addresses servers) and a single `0` (which WHOX sends for "no account").
    pub fn nick(self, raw: &str, bytes_max: usize) -> Result<Nick, BadName> {
        let name = Name::new(raw, self.nick_key(raw)?, bytes_max)?;
        // Check the key as well: a fullwidth zero folds to a zero, a Greek question mark to a semicolon.
        if name.key().starts_with('$') {
            return Err(BadName::ForbiddenStart('$'));
        }
        if name.key() == "0" {
            return Err(BadName::Reserved);
        }
        forbid(name.key(), DISFAVORED)?;
        Ok(Nick(name))
    }

    /// Parses an account name. It accepts more than `nick`: old accounts keep names with characters that
    /// are now rejected.
    ///
    /// # Errors
    /// Anything that `nick_key` rejects, and a form longer than `bytes_max`.
    pub fn account(self, raw: &str, bytes_max: usize) -> Result<AccountName, BadName> {
        Ok(AccountName(Name::new(raw, self.nick_key(raw)?, bytes_max)?))
    }

    /// Parses a channel name: one or more `#`, then text, possibly empty.
    ///
    /// # Errors
    /// Anything that `channel_key` rejects, and a form longer than `bytes_max`.
    pub fn channel(self, raw: &str, bytes_max: usize) -> Result<ChannelName, BadName> {
        Ok(ChannelName(Name::new(raw, self.channel_key(raw)?, bytes_max)?))
    }

    /// Returns the key of a nick or an account, without a copy if `raw` is its own key. It does not check
    /// the length: a lookup of a name that is too long just fails.
    ///
    /// # Errors
    /// Text that is empty, contains a character that the mapping does not allow or one of
    /// `space ,*?.!@:`, or begins with one of `#~&@%+-`.
    pub fn nick_key(self, raw: &str) -> Result<Cow<'_, str>, BadName> {
        let key = self.fold_cow(raw)?;
        // Check the key, not the text: folding can produce one of these from another character.
        forbid(&key, FORBIDDEN_IN_NAME)?;
        // Check both: under rfc1459 a leading tilde folds to a caret, but looks like a founder's prefix.
        for text in [raw, &*key] {
            let first = text.chars().next().ok_or(BadName::Empty)?;
            if FORBIDDEN_AT_START.contains(&first) {
                return Err(BadName::ForbiddenStart(first));
            }
        }
        Ok(key)
    }

    /// Returns the key of a channel, without a copy if `raw` is its own key.
    ///
    /// # Errors
    /// Text that is empty, does not begin with `#`, or contains a character that the mapping does not
    /// allow or one of `space ,*?`.
    pub fn channel_key(self, raw: &str) -> Result<Cow<'_, str>, BadName> {
        let title = raw.trim_start_matches('#');
        let (prefix, _) = raw.split_at(raw.len() - title.len());
        if prefix.is_empty() {
            return Err(if raw.is_empty() { BadName::Empty } else { BadName::NotChannel });
        }
        // Fold without the prefix: RFC 8265 forbids a `#` before right-to-left letters.
        let folded = self.fold_cow(title)?;
        forbid(&folded, FORBIDDEN_IN_CHANNEL)?;
        Ok(match folded {
            Cow::Borrowed(_) => Cow::Borrowed(raw),
            Cow::Owned(folded) => Cow::Owned(format!("{prefix}{folded}")),
        })
    }
}

fn forbid(text: &str, characters: &[char]) -> Result<(), BadName> {
    match text.chars().find(|c| characters.contains(c)) {
        Some(bad) => Err(BadName::ForbiddenCharacter(bad)),
        None => Ok(()),
    }
}

/// Returns the username of a USER message, truncated to `bytes_max`, or `None` if it is not valid: it
/// must begin with a letter or digit and continue with those, `[]\^_{}|-.` and the backquote. The
/// caller reserves space for the `~` that it may prepend.
pub fn ident(raw: &str, bytes_max: usize) -> Option<String> {
    let cut = truncate(raw, bytes_max);
    let has_valid_start = cut.starts_with(|c: char| c.is_ascii_alphanumeric());
    let has_valid_rest = cut.bytes().all(|b| b.is_ascii_alphanumeric() || br"[]\^_{}|-.`".contains(&b));
    (has_valid_start && has_valid_rest).then(|| cut.to_owned())
}

/// Returns whether a text is a host name: labels of letters, digits and hyphens, separated by dots.
pub fn is_hostname(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    (1..=253).contains(&text.len()) && text.split('.').all(label)
}

/// Returns whether a text can be the host in `nick!user@host`, and a parameter.
pub fn is_shown_host(text: &str) -> bool {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "!@*?".contains(c);
    !text.is_empty() && !text.starts_with(':') && !text.contains(forbidden)
}

/// The common part of the three types: the name and, after it, the key unless they are equal.
#[derive(Clone, Serialize, Deserialize)]
struct Name {
    text: Box<str>,
    shown_bytes: usize,
}

impl Name {
    fn new(shown: &str, key: Cow<'_, str>, bytes_max: usize) -> Result<Self, BadName> {
        if shown.len().max(key.len()) > bytes_max {
            return Err(BadName::TooLong(bytes_max));
        }
        let text = if shown == key { shown.into() } else { format!("{shown}{key}").into() };
        Ok(Self { text, shown_bytes: shown.len() })
    }

    fn shown(&self) -> &str {
        &self.text[..self.shown_bytes]
    }

    fn key(&self) -> &str {
        match &self.text[self.shown_bytes..] {
            "" => &self.text,
            key => key,
        }
    }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Equality, order and hash are those of `key`, so a map of these can be queried with a key.
        #[derive(Clone, Serialize, Deserialize)]
        pub struct $name(Name);

        impl $name {
            /// Returns the name as its owner wrote it, for display.
            pub fn as_str(&self) -> &str {
                self.0.shown()
            }

            /// Returns the folded name, for lookups and comparison.
            pub fn key(&self) -> &str {
                self.0.key()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.key()
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.key() == other.key()
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.key().cmp(other.key())
            }
        }

        impl Hash for $name {
            fn hash<H: Hasher>(&self, hasher: &mut H) {
                self.key().hash(hasher);
            }
        }
    };
}

name_type! {
    /// The nick of a user.
    Nick
}
name_type! {
    /// The name of a channel, with its `#`.
    ChannelName
}
name_type! {
    /// The name of an account.
    AccountName
}

/// Users can always use the name of their account as a nick, however old it is.
impl From<AccountName> for Nick {
    fn from(account: AccountName) -> Self {
        Self(account.0)
    }
}

/// Every valid nick is a valid account name.
impl From<Nick> for AccountName {
    fn from(nick: Nick) -> Self {
        Self(nick.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use proptest::prelude::*;

    use super::*;

    const UNICODE: [CaseMapping; 2] = [CaseMapping::Precis, CaseMapping::Permissive];
    const ALL: [CaseMapping; 5] = [
        CaseMapping::Ascii,
        CaseMapping::Rfc1459,
        CaseMapping::Rfc1459Strict,
        CaseMapping::Precis,
        CaseMapping::Permissive,
    ];

    fn nick(raw: &str) -> Result<Nick, BadName> {
        CaseMapping::Precis.nick(raw, 32)
    }

    #[test]
    fn a_nick_shows_as_written_and_is_found_folded() {
        for mapping in ALL {
            let dan = mapping.nick("Dan-42", 32).unwrap();
            assert_eq!((dan.as_str(), dan.key()), ("Dan-42", "dan-42"));
            let lower = mapping.nick("dan-42", 32).unwrap();
            assert_eq!((lower.as_str(), lower.key()), ("dan-42", "dan-42"));
            assert_eq!(dan, lower);
        }
        assert_eq!(nick("Işıl").unwrap().key(), "işıl");
        assert_eq!(CaseMapping::Ascii.nick("Işıl", 32), Err(BadName::ForbiddenCharacter('ş')));
    }

    #[test]
    fn nicks_that_break_the_protocol_are_rejected() {
        for mapping in ALL {
            assert_eq!(mapping.nick("", 32), Err(BadName::Empty));
            for (bad, c) in [
                ("foo,bar", ','),
                ("star*man", '*'),
                ("lo7t?", '?'),
                ("a b", ' '),
                ("f.l", '.'),
                ("excited!nick", '!'),
                ("foo@bar", '@'),
                (":trail", ':'),
                ("a\tb", '\t'),
                ("<dan>", '<'),
                ("it's", '\''),
                ("a;b", ';'),
                ("a#b", '#'),
                ("\"", '"'),
            ] {
                assert_eq!(mapping.nick(bad, 32), Err(BadName::ForbiddenCharacter(c)), "{mapping:?} {bad}");
            }
            for start in ['#', '~', '&', '%', '+', '-', '$'] {
                let nick = mapping.nick(&format!("{start}dan"), 32);
                assert_eq!(nick, Err(BadName::ForbiddenStart(start)), "{mapping:?}");
            }
            assert_eq!(mapping.nick("0", 32), Err(BadName::Reserved));
            assert!(mapping.nick("0x", 32).is_ok());
        }
    }

    #[test]
    fn folding_cannot_smuggle_a_separator_in() {
        for mapping in UNICODE {
            // A fullwidth "!", which PRECIS narrows.
            let smuggled = mapping.nick("a\u{FF01}b", 32);
            assert_eq!(smuggled.is_ok(), mapping == CaseMapping::Permissive, "{mapping:?}");
            assert_eq!(mapping.nick("a\u{37E}b", 32), Err(BadName::ForbiddenCharacter(';')), "{mapping:?}");
        }
        assert_eq!(nick("\u{FF10}"), Err(BadName::Reserved));
    }

    #[test]
    fn the_longer_form_counts_in_bytes() {
        assert!(nick("ééé").is_ok());
        assert_eq!(CaseMapping::Precis.nick("ééé", 5), Err(BadName::TooLong(5)));
        // A capital sharp s has three bytes, its folded form two.
        assert_eq!(CaseMapping::Precis.nick("ẞ", 2), Err(BadName::TooLong(2)));
        // The permissive mapping decomposes é (two bytes) into e and an accent (three bytes).
        assert_eq!(CaseMapping::Permissive.nick("é", 2), Err(BadName::TooLong(2)));
        assert!(CaseMapping::Permissive.nick("é", 3).is_ok());
    }

    #[test]
    fn old_accounts_keep_disfavored_names() {
        let account = CaseMapping::Precis.account("it's", 32).unwrap();
        assert_eq!(nick("it's"), Err(BadName::ForbiddenCharacter('\'')));
        assert_eq!(Nick::from(account).as_str(), "it's");
        assert_eq!(CaseMapping::Precis.account("*", 32), Err(BadName::ForbiddenCharacter('*')));
    }

    #[test]
    fn a_channel_is_hashes_and_a_title() {
        for mapping in ALL {
            for (raw, key) in [
                ("#", "#"),
                ("##", "##"),
                ("##Ubuntu", "##ubuntu"),
                ("#Bang!", "#bang!"),
                ("#a.b:c", "#a.b:c"),
            ] {
                let channel = mapping.channel(raw, 64).unwrap();
                assert_eq!((channel.as_str(), channel.key()), (raw, key), "{mapping:?}");
            }
            assert_eq!(mapping.channel("", 64), Err(BadName::Empty));
            for bad in ["foo", "OOF#", "a b", "&local", "+x"] {
                assert_eq!(mapping.channel(bad, 64), Err(BadName::NotChannel), "{mapping:?} {bad}");
            }
            for (bad, c) in [
                ("#a b", ' '),
                ("# NASA", ' '),
                ("#*star", '*'),
                ("#who?", '?'),
                ("#a,#b", ','),
                ("#\t", '\t'),
                ("#bell\u{7}", '\u{7}'),
            ] {
                assert_eq!(
                    mapping.channel(bad, 64),
                    Err(BadName::ForbiddenCharacter(c)),
                    "{mapping:?} {bad}"
                );
            }
            assert_eq!(mapping.channel("#abc", 3), Err(BadName::TooLong(3)));
        }
        for raw in ["#中文频道", "#שלום"] {
            assert_eq!(CaseMapping::Precis.channel(raw, 64).unwrap().key(), raw);
            assert!(CaseMapping::Ascii.channel(raw, 64).is_err());
        }
        assert_eq!(CaseMapping::Precis.channel("#shalomעליכם", 64), Err(BadName::NotFoldable));
    }

    #[test]
    fn a_map_of_names_can_be_queried_by_key() {
        let map = HashMap::from([(nick("Dan").unwrap(), 1)]);
        let key = CaseMapping::Precis.nick_key("DAN").unwrap();
        assert_eq!(map.get(&*key), Some(&1));
        let sorted = BTreeSet::from(["b", "A", "B", "C"].map(|raw| nick(raw).unwrap()));
        assert_eq!(sorted.iter().map(Nick::key).collect::<String>(), "abc");
    }

    #[test]
    fn a_name_is_small() {
        assert!(size_of::<Nick>() <= 3 * size_of::<usize>());
        assert_eq!(nick("dan").unwrap().0.text.len(), 3);
    }

    #[test]
    fn usernames_are_truncated_then_checked() {
        assert_eq!(ident("dan.oak[25]", 20).as_deref(), Some("dan.oak[25]"));
        assert_eq!(ident("sid3225", 4).as_deref(), Some("sid3"));
        assert_eq!(ident("abcé", 3).as_deref(), Some("abc"));
        for bad in ["", "-dan56", "~dan", "phi@ip", "Νικος", "a b", "a\u{7F}"] {
            assert_eq!(ident(bad, 20), None, "{bad}");
        }
        assert_eq!(ident("dan", 0), None);
    }

    proptest! {
        #[test]
        fn a_key_is_a_name_with_the_same_key(
            raw in "#{0,2}[a-zA-Z~\\[é中ẞאÅＡ.!0$]{0,6}|\\PC{0,8}",
            which in 0usize..5,
        ) {
            let mapping = ALL[which];
            if let Ok(account) = mapping.account(&raw, 64) {
                prop_assert_eq!(account.as_str(), &raw);
                prop_assert_eq!(&*mapping.nick_key(account.key()).unwrap(), account.key());
            }
            if let Ok(channel) = mapping.channel(&raw, 64) {
                prop_assert_eq!(channel.as_str(), &raw);
                prop_assert_eq!(&*mapping.channel_key(channel.key()).unwrap(), channel.key());
            }
            if let Ok(nick) = mapping.nick(&raw, 64) {
                prop_assert!(!nick.key().contains(FORBIDDEN_IN_NAME));
                prop_assert!(mapping.account(&raw, 64).is_ok());
            }
        }
    }
}

//! Masks: patterns for `nick!user@host`, as in bans, ban exceptions and invite exceptions.
//!
//! The meaning of a match is up to the list that contains the mask. Invariant: a mask is canonical, so
//! two spellings of one pattern are equal, and parsing the text of a mask returns the same mask.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CaseMapping, glob};

/// The extban prefix of a mask that mutes, advertised as `EXTBAN=,m`.
const MUTE_PREFIX: &str = "m:";

/// A canonical `nick!user@host` pattern, folded, with `*` for each missing part.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mask(Box<str>);

impl Mask {
    /// Parses a mask as users write it: `nick` → `nick!*@*`, `nick!user` → `nick!user@*`, `user@host` →
    /// `*!user@host`; a leading `m:` stays. Returns `None` for a mask that is empty, has an `@` before
    /// its `!`, contains a space, begins with a colon, or has a nick that `mapping` cannot fold or folds
    /// to a text with another meaning.
    pub fn parse(mapping: CaseMapping, raw: &str) -> Option<Self> {
        let raw = raw.trim();
        let (prefix, pattern) = match raw.split_at_checked(MUTE_PREFIX.len()) {
            Some((prefix, pattern)) if prefix.eq_ignore_ascii_case(MUTE_PREFIX) => (MUTE_PREFIX, pattern),
            _ => ("", raw),
        };
        if pattern.is_empty() || pattern.starts_with(':') || pattern.contains(' ') {
            return None;
        }
        let (nick, user, host) = split(pattern)?;
        let nick = fold_between_wildcards(mapping, or_star(nick))?;
        let gained_prefix = prefix.is_empty() && nick.starts_with(MUTE_PREFIX);
        if gained_prefix || nick.starts_with(':') {
            return None;
        }
        Some(Self(format!("{prefix}{}", folded_nuh(&nick, or_star(user), or_star(host))).into()))
    }

    /// Returns the canonical text, for lists and storage.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether it mutes matching users instead of banning them.
    pub fn is_mute(&self) -> bool {
        self.0.starts_with(MUTE_PREFIX)
    }

    /// Returns whether it matches a user, given as a result of `folded_nuh`.
    pub fn matches(&self, folded_nuh: &str) -> bool {
        glob::matches(self.0.strip_prefix(MUTE_PREFIX).unwrap_or(&self.0), folded_nuh)
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mask").field(&self.as_str()).finish()
    }
}

/// Returns the text that masks are matched against: the nick's key, and username and host in lower
/// case, whatever the mapping, since it is about names only.
pub fn folded_nuh(nick_key: &str, user: &str, host: &str) -> String {
    let mut nuh = String::with_capacity(nick_key.len() + user.len() + host.len() + 2);
    nuh.push_str(nick_key);
    nuh.push('!');
    nuh.extend(lower(user));
    nuh.push('@');
    nuh.extend(lower(host));
    nuh
}

/// Lowers each character by itself. `str::to_lowercase` looks at a sigma's neighbors, which differ
/// between a pattern and a matching text.
fn lower(part: &str) -> impl Iterator<Item = char> {
    part.chars().flat_map(char::to_lowercase)
}

/// Splits off the parts that are present; without separators, everything is the nick.
fn split(pattern: &str) -> Option<(&str, &str, &str)> {
    let (before_host, host) = match pattern.split_once('@') {
        Some((before, host)) => (Some(before), host),
        None => (None, ""),
    };
    match (before_host.unwrap_or(pattern).split_once('!'), before_host) {
        (Some((nick, user)), _) => Some((nick, user, host)),
        (None, Some(_)) if host.contains('!') => None,
        (None, Some(user)) => Some(("", user, host)),
        (None, None) => Some((pattern, "", "")),
    }
}

fn or_star(part: &str) -> &str {
    if part.is_empty() { "*" } else { part }
}

/// Folds the text between wildcards piece by piece: RFC 8265 rejects a `*` next to right-to-left
/// letters. Full-width forms fold to ASCII (RFC 8265, section 3.3.2), so `＠` and `＊` would become a
/// separator and a wildcard: such a pattern is `None`, as such a nick is rejected.
fn fold_between_wildcards(mapping: CaseMapping, pattern: &str) -> Option<String> {
    pattern
        .split_inclusive(['*', '?'])
        .map(|piece| {
            let literal = piece.trim_end_matches(['*', '?']);
            let folded = mapping.fold(literal).ok()?;
            let stays_literal = !folded.contains(['!', '@', '*', '?', ' ']);
            stays_literal.then(|| folded + &piece[literal.len()..])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(raw: &str) -> Option<String> {
        Mask::parse(CaseMapping::Precis, raw).map(|mask| mask.to_string())
    }

    #[test]
    fn missing_parts_become_stars() {
        for (raw, expected) in [
            ("dan", "dan!*@*"),
            ("Dan*  ", "dan*!*@*"),
            ("dan!", "dan!*@*"),
            ("dan!~Oak", "dan!~oak@*"),
            ("~oak@Example.org", "*!~oak@example.org"),
            ("@example.org", "*!*@example.org"),
            ("!oak@", "*!oak@*"),
            ("*.example.org", "*.example.org!*@*"),
            ("Dan!~Oak@*.EXAMPLE.org", "dan!~oak@*.example.org"),
            ("*!*@*", "*!*@*"),
            ("*@2001:db8::*", "*!*@2001:db8::*"),
            ("a!b@c!d@e", "a!b@c!d@e"),
            ("РОТАТО!Potato", "ротато!potato@*"),
        ] {
            assert_eq!(canonical(raw).as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn invalid_masks_are_rejected() {
        for raw in
            ["", "  ", "m:", "m: dan", ":dan", "host@dan!user", "dan!us er@host", "dan!user@ho st", "d\tan"]
        {
            assert_eq!(canonical(raw), None, "{raw:?}");
        }
        assert_eq!(Mask::parse(CaseMapping::Ascii, "Işıl"), None);
    }

    #[test]
    fn folding_cannot_smuggle_a_separator_wildcard_or_prefix_in() {
        for raw in ["＠", "a！b", "＊", "a？", "：a", "ｍ：a", "ｍ:a", "m:＠"] {
            assert_eq!(canonical(raw), None, "{raw}");
        }
        assert_eq!(canonical("ｄａｎ").as_deref(), Some("dan!*@*"));
        assert_eq!(canonical("m:ｄａｎ").as_deref(), Some("m:dan!*@*"));
    }

    #[test]
    fn wildcards_may_adjoin_right_to_left_letters() {
        assert_eq!(canonical("*ברוך*").as_deref(), Some("*ברוך*!*@*"));
        assert_eq!(canonical("ברוך").as_deref(), Some("ברוך!*@*"));
    }

    #[test]
    fn a_mute_keeps_its_prefix_and_matches_without_it() {
        let mute = Mask::parse(CaseMapping::Ascii, "m:Dan").unwrap();
        assert_eq!(mute.as_str(), "m:dan!*@*");
        assert!(mute.is_mute());
        assert!(mute.matches("dan!~u@host"));
        assert_eq!(canonical("M:~oak@host").as_deref(), Some("m:*!~oak@host"));
        let ban = Mask::parse(CaseMapping::Ascii, "mdan").unwrap();
        assert!(!ban.is_mute());
    }

    #[test]
    fn masks_match_the_folded_user() {
        let user = folded_nuh("d{n", "~Oak[1]", "Gateway.Example.ORG");
        assert_eq!(user, "d{n!~oak[1]@gateway.example.org");
        let covers = |raw: &str| Mask::parse(CaseMapping::Rfc1459, raw).unwrap().matches(&user);
        assert!(covers("D[N"));
        assert!(covers("*!~OAK[?]@*.example.org"));
        assert!(covers("~oak*@*"));
        assert!(!covers("*!~oak@*"));
        assert!(!covers("*!*@example.org"));
    }

    #[test]
    fn a_sigma_matches_in_any_position() {
        let mask = Mask::parse(CaseMapping::Precis, "*@ΟΔΟΣ*").unwrap();
        assert!(mask.matches(&folded_nuh("dan", "u", "ΟΔΟΣ.Example")));
    }

    proptest! {
        #[test]
        fn parsing_the_canonical_text_returns_the_same_mask(
            raw in "(m:|M:|ｍ：)?[a-zA-Z*?!@.:é中אẞ~^\\[ ]{0,12}|[a＠！＊？：ｍ　:!@]{0,8}|\\PC{0,12}",
            which in 0usize..3,
        ) {
            let mapping = [CaseMapping::Rfc1459, CaseMapping::Precis, CaseMapping::Permissive][which];
            if let Some(mask) = Mask::parse(mapping, &raw) {
                prop_assert_eq!(Mask::parse(mapping, mask.as_str()), Some(mask));
            }
        }

        #[test]
        fn the_full_mask_of_a_user_matches_it(
            nick in "[a-zA-Z\\[\\]]{1,8}", user in "~?[a-zA-Z0-9]{1,8}", host in "[a-zA-Z0-9.:]{1,12}",
        ) {
            let mapping = CaseMapping::Rfc1459;
            let mask = Mask::parse(mapping, &format!("{nick}!{user}@{host}")).unwrap();
            let key = mapping.fold(&nick).unwrap();
            prop_assert!(mask.matches(&folded_nuh(&key, &user, &host)));
        }
    }
}

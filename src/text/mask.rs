//! Masks: patterns for `nick!user@host`, as in bans, exceptions and invitations.
//!
//! What a match means is the business of whoever keeps the list. Invariant: a mask is canonical, so
//! two that cover the same users by the same letters are equal, and parsing its text gives it again.

use std::fmt;

use super::{CaseMapping, glob};

/// The extban prefix of a mask that mutes, advertised as `EXTBAN=,m`.
const MUTE_PREFIX: &str = "m:";

/// A canonical `nick!user@host` pattern, folded, with `*` for each part left out.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mask(Box<str>);

impl Mask {
    /// Canonicalises a mask as users write it: `nick` → `nick!*@*`, `nick!user` → `nick!user@*`,
    /// `user@host` → `*!user@host`; a `m:` before it stays. `None` for one that is empty, has an `@`
    /// before its `!`, contains a space, begins with a colon, or names a nick `mapping` cannot fold.
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
        let (user, host) = (or_star(user).to_lowercase(), or_star(host).to_lowercase());
        Some(Self(format!("{prefix}{nick}!{user}@{host}").into()))
    }

    /// The canonical text, for lists and for storing.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it silences those it covers instead of keeping them out.
    pub fn is_mute(&self) -> bool {
        self.0.starts_with(MUTE_PREFIX)
    }

    /// Whether it covers a user, given as made by `folded_nuh`.
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

/// The text masks are matched against: the nick's key, and username and host in lower case, which
/// they are whatever the mapping, since it speaks of names only.
pub fn folded_nuh(nick_key: &str, user: &str, host: &str) -> String {
    format!("{nick_key}!{}@{}", user.to_lowercase(), host.to_lowercase())
}

/// The three parts as far as they are there; without separators, all is the nick.
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

/// Folds what stands between wildcards piece by piece: a `*` next to letters that go right to left
/// is refused by RFC 8265.
fn fold_between_wildcards(mapping: CaseMapping, pattern: &str) -> Option<String> {
    pattern
        .split_inclusive(['*', '?'])
        .map(|piece| {
            let literal = piece.trim_end_matches(['*', '?']);
            Some(mapping.fold(literal).ok()? + &piece[literal.len()..])
        })
        .collect()
}

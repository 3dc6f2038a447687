//! Case mappings: when are two names the same name (<https://modern.ircdocs.horse/#casemapping-parameter>).
//!
//! Folding also says which characters a mapping knows at all; what the protocol forbids on top of
//! that is in `name`. Invariant: folding is idempotent.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::Rules;
use precis_profiles::precis_core::{Error as PrecisError, IdentifierClass, StringClass};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::BadName;

/// How names are compared. One per network, for its whole life: stored keys depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaseMapping {
    /// Printable ASCII only; letters fold.
    Ascii,
    /// Printable ASCII only; letters fold, and `[]\~` are the upper case of `{}|^`.
    Rfc1459,
    /// As `Rfc1459`, but `~` and `^` differ.
    Rfc1459Strict,
    /// Unicode names by the UsernameCaseMapped profile of RFC 8265, section 3.3.
    #[default]
    Precis,
    /// Any letter, number, punctuation or symbol of Unicode, compared caselessly. Names that look
    /// alike are easy to make.
    Permissive,
}

/// The text names no case mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadMapping;

impl fmt::Display for BadMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown case mapping: expected ascii, rfc1459, rfc1459-strict, precis or permissive")
    }
}

impl std::error::Error for BadMapping {}

impl FromStr for CaseMapping {
    type Err = BadMapping;

    fn from_str(raw: &str) -> Result<Self, BadMapping> {
        match raw.to_ascii_lowercase().as_str() {
            "ascii" => Ok(Self::Ascii),
            "rfc1459" => Ok(Self::Rfc1459),
            "rfc1459-strict" => Ok(Self::Rfc1459Strict),
            "precis" | "rfc8265" | "rfc7613" => Ok(Self::Precis),
            "permissive" | "fun" => Ok(Self::Permissive),
            _ => Err(BadMapping),
        }
    }
}

impl CaseMapping {
    /// The value of the CASEMAPPING token. The Unicode mappings say `ascii`: no client knows them,
    /// and for ASCII names they are that.
    pub fn isupport_token(self) -> &'static str {
        match self {
            Self::Ascii | Self::Precis | Self::Permissive => "ascii",
            Self::Rfc1459 => "rfc1459",
            Self::Rfc1459Strict => "rfc1459-strict",
        }
    }

    /// The text by which equal texts are known. Fails for characters the mapping does not admit; the
    /// empty text folds to itself.
    pub fn fold(self, raw: &str) -> Result<String, BadName> {
        self.fold_cow(raw).map(Cow::into_owned)
    }

    /// `fold` that never fails: text the mapping does not admit has its ASCII letters lowered and is
    /// otherwise kept. For comparing foreign text, never for naming something.
    pub fn fold_lossy(self, raw: &str) -> String {
        self.fold(raw).unwrap_or_else(|_| raw.to_ascii_lowercase())
    }

    /// `fold` without a copy when `raw` is ASCII and already folded.
    pub(super) fn fold_cow(self, raw: &str) -> Result<Cow<'_, str>, BadName> {
        match self {
            _ if raw.is_ascii() => self.fold_ascii(raw),
            Self::Ascii | Self::Rfc1459 | Self::Rfc1459Strict => Err(BadName::ForbiddenCharacter(
                raw.chars().find(|c| !c.is_ascii()).unwrap_or(char::REPLACEMENT_CHARACTER),
            )),
            Self::Precis => fold_precis(raw).map(Cow::Owned),
            Self::Permissive => fold_permissive(raw).map(Cow::Owned),
        }
    }

    fn fold_ascii(self, raw: &str) -> Result<Cow<'_, str>, BadName> {
        // A space is printable, but neither RFC 8265 nor the permissive categories admit it.
        let first_admitted = if matches!(self, Self::Precis | Self::Permissive) { b'!' } else { b' ' };
        if let Some(bad) = raw.bytes().find(|b| !(first_admitted..=b'~').contains(b)) {
            return Err(BadName::ForbiddenCharacter(char::from(bad)));
        }
        if raw.bytes().all(|b| self.fold_byte(b) == b) {
            return Ok(Cow::Borrowed(raw));
        }
        Ok(Cow::Owned(raw.bytes().map(|b| char::from(self.fold_byte(b))).collect()))
    }

    fn fold_byte(self, byte: u8) -> u8 {
        match (self, byte) {
            (Self::Rfc1459 | Self::Rfc1459Strict, b'[') => b'{',
            (Self::Rfc1459 | Self::Rfc1459Strict, b']') => b'}',
            (Self::Rfc1459 | Self::Rfc1459Strict, b'\\') => b'|',
            (Self::Rfc1459, b'~') => b'^',
            _ => byte.to_ascii_lowercase(),
        }
    }
}

/// One pass of the profile is no fixed point; RFC 8264, section 7, asks for up to four.
fn fold_precis(raw: &str) -> Result<String, BadName> {
    const PASSES_MAX: usize = 4;
    let mut before = raw.to_owned();
    for _ in 0..PASSES_MAX {
        let after = enforce_precis(&before)?;
        if after == before {
            return Ok(after);
        }
        before = after;
    }
    Err(BadName::NotFoldable)
}

/// The rules of UsernameCaseMapped in the order of RFC 8264, section 7: unlike the profile's own
/// `enforce`, which looks at the characters first and so refuses some that the mapping would cure.
fn enforce_precis(raw: &str) -> Result<String, BadName> {
    let profile = UsernameCaseMapped::new();
    let narrow = profile.width_mapping_rule(raw).map_err(|_| BadName::NotFoldable)?;
    // Not `str::to_lowercase`: it would turn a sigma at the end into a final one.
    let folded: String = narrow.chars().flat_map(char::to_lowercase).nfc().collect();
    profile.directionality_rule(folded.as_str()).map_err(|_| BadName::NotFoldable)?;
    match IdentifierClass::default().allows(&folded) {
        Ok(()) => Ok(folded),
        Err(PrecisError::BadCodepoint(bad)) => {
            Err(char::from_u32(bad.cp).map_or(BadName::NotFoldable, BadName::ForbiddenCharacter))
        }
        Err(_) => Err(BadName::NotFoldable),
    }
}

/// Canonical caseless matching (Unicode, section 3.13, D145).
fn fold_permissive(raw: &str) -> Result<String, BadName> {
    if let Some(bad) = raw.chars().find(|&c| !is_permissive(c)) {
        return Err(BadName::ForbiddenCharacter(bad));
    }
    Ok(caseless::default_case_fold_str(&raw.nfd().collect::<String>()).nfd().collect())
}

fn is_permissive(c: char) -> bool {
    use GeneralCategoryGroup::{Letter, Number, Punctuation, Symbol};
    matches!(c.general_category_group(), Letter | Number | Punctuation | Symbol)
}

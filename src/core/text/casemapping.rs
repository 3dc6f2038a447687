//! Case mappings: when two names are the same (<https://modern.ircdocs.horse/#casemapping-parameter>).
//!
//! Folding also decides which characters a mapping allows; further restrictions of the protocol are
//! in `name`. Invariant: folding is idempotent.

use std::borrow::Cow;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::Rules;
use precis_profiles::precis_core::{Error as PrecisError, IdentifierClass, StringClass};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::BadName;

/// How names are compared. A network keeps its mapping permanently, because stored keys depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaseMapping {
    /// Printable ASCII only; letters fold.
    Ascii,
    /// Printable ASCII only; letters fold, and `[]\~` are the upper case of `{}|^`.
    Rfc1459,
    /// Like `Rfc1459`, but `~` and `^` differ.
    Rfc1459Strict,
    /// Unicode names according to the UsernameCaseMapped profile of RFC 8265, section 3.3.
    #[default]
    Precis,
    /// Any letter, mark, number, punctuation or symbol of Unicode, compared caselessly. Names that look
    /// alike are easy to make.
    Permissive,
}

impl CaseMapping {
    /// Returns whether look-alikes are possible and must be compared by [`CaseMapping::skeleton`].
    pub fn has_skeletons(self) -> bool {
        matches!(self, Self::Precis | Self::Permissive)
    }

    /// Returns the value of the CASEMAPPING token. The Unicode mappings announce `ascii`: no client
    /// knows them, and for ASCII names they are the same.
    pub fn isupport_token(self) -> &'static str {
        match self {
            Self::Ascii | Self::Precis | Self::Permissive => "ascii",
            Self::Rfc1459 => "rfc1459",
            Self::Rfc1459Strict => "rfc1459-strict",
        }
    }

    /// Returns the folded form, which is equal for equal texts. Fails for characters that the mapping
    /// does not allow; the empty text folds to itself.
    pub fn fold(self, raw: &str) -> Result<String, BadName> {
        self.fold_cow(raw).map(Cow::into_owned)
    }

    /// Folds like `fold`, but never fails: in text that the mapping does not allow, only ASCII letters are
    /// lowered. For comparing foreign text, never for names.
    pub fn fold_lossy(self, raw: &str) -> String {
        self.fold(raw).unwrap_or_else(|_| raw.to_ascii_lowercase())
    }

    /// Folds like `fold`, without a copy if `raw` is ASCII and already folded.
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
        // A space is printable, but neither RFC 8265 nor the permissive categories allow it.
        let first_allowed = if matches!(self, Self::Precis | Self::Permissive) { b'!' } else { b' ' };
        if let Some(bad) = raw.bytes().find(|b| !(first_allowed..=b'~').contains(b)) {
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

/// Applies the profile until nothing changes: RFC 8264, section 7, allows up to four passes.
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

/// Applies the rules of UsernameCaseMapped in the order of RFC 8264, section 7. The crate's own
/// `enforce` checks the characters first, and so rejects some that the mapping would replace.
fn enforce_precis(raw: &str) -> Result<String, BadName> {
    let profile = UsernameCaseMapped::new();
    let narrow = profile.width_mapping_rule(raw).map_err(|_| BadName::NotFoldable)?;
    // Not `str::to_lowercase`, which turns a sigma at the end of a word into a final sigma.
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

/// Folds for canonical caseless matching (Unicode, section 3.13, D145).
fn fold_permissive(raw: &str) -> Result<String, BadName> {
    if let Some((_, bad)) = raw.char_indices().find(|&(at, c)| !is_permissive(c, at == 0)) {
        return Err(BadName::ForbiddenCharacter(bad));
    }
    Ok(caseless::default_case_fold_str(&raw.nfd().collect::<String>()).nfd().collect())
}

/// Allows marks, too. Folding separates accents from their letters, so without marks no fold would be
/// allowed itself, and many scripts could not be written.
fn is_permissive(c: char, first: bool) -> bool {
    use GeneralCategoryGroup::{Letter, Mark, Number, Punctuation, Symbol};
    match c.general_category_group() {
        Letter | Number | Punctuation | Symbol => true,
        Mark => !first,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::CaseMapping::{Ascii, Permissive, Precis, Rfc1459, Rfc1459Strict};
    use super::*;

    const ALL: [CaseMapping; 5] = [Ascii, Rfc1459, Rfc1459Strict, Precis, Permissive];

    fn fold(mapping: CaseMapping, raw: &str) -> String {
        mapping.fold(raw).unwrap()
    }

    fn same(mapping: CaseMapping, a: &str, b: &str) -> bool {
        fold(mapping, a) == fold(mapping, b)
    }

    #[test]
    fn the_legacy_mappings_differ_in_punctuation_only() {
        for mapping in ALL {
            assert!(same(mapping, "Shiva", "sHIVA"), "{mapping:?}");
            assert_eq!(same(mapping, r"a[b]\", "a{b}|"), matches!(mapping, Rfc1459 | Rfc1459Strict));
            assert_eq!(same(mapping, "a~b", "a^b"), mapping == Rfc1459);
            assert!(!same(mapping, r"a\b", "a}b"), "{mapping:?}");
        }
    }

    #[test]
    fn the_ascii_mappings_allow_printable_ascii_only() {
        for mapping in [Ascii, Rfc1459, Rfc1459Strict] {
            assert_eq!(mapping.fold("Işıl"), Err(BadName::ForbiddenCharacter('ş')));
            assert_eq!(fold(mapping, "A != B"), "a != b");
        }
        for mapping in ALL {
            for bad in ["a\tb", "\u{1}", "a\u{7F}", "\0"] {
                assert!(mapping.fold(bad).is_err(), "{mapping:?} {bad:?}");
            }
        }
    }

    #[test]
    fn precis_folds_allowed_characters() {
        assert_eq!(fold(Precis, "Işıl"), "işıl");
        assert_eq!(fold(Precis, "ＳｍＴ"), "smt");
        assert_eq!(fold(Precis, "РОТАТО"), "ротато");
        assert_eq!(fold(Precis, "中文"), "中文");
        assert_eq!(fold(Precis, "E\u{301}"), "é");
        assert_eq!(fold(Precis, "ΣΑΣ"), "σασ");
        assert_eq!(fold(Precis, "\u{212B}"), "å", "mapped before the class is checked");
        assert_eq!(fold(Precis, ""), "");
    }

    #[test]
    fn precis_rejects_forbidden_characters() {
        assert_eq!(Precis.fold("a b"), Err(BadName::ForbiddenCharacter(' ')));
        assert_eq!(Precis.fold("dolph🐬n"), Err(BadName::ForbiddenCharacter('🐬')));
        assert_eq!(Precis.fold("Henry Ⅳ"), Err(BadName::ForbiddenCharacter(' ')));
        assert_eq!(Precis.fold("shalomעליכם"), Err(BadName::NotFoldable), "two directions in one name");
        assert!(Precis.fold("עליכם").is_ok());
    }

    #[test]
    fn permissive_allows_symbols_and_ignores_case() {
        assert!(same(Permissive, "DOLPH🐬n", "dolph🐬N"));
        assert!(!same(Permissive, "dolph🐬n", "dolph💻n"));
        assert!(same(Permissive, "\u{c9}l\u{e8}ve", "\u{e9}L\u{c8}VE"));
        assert!(same(Permissive, "Ω", "\u{2126}"));
        assert!(same(Permissive, "STRASSE", "straße"));
        assert!(same(Permissive, "e\u{301}", "É"));
        assert!(Permissive.fold("नमस्ते").is_ok());
        assert_eq!(Permissive.fold("\u{301}e"), Err(BadName::ForbiddenCharacter('\u{301}')));
        assert!(Permissive.fold("shalomעליכם").is_ok());
        assert_eq!(Permissive.fold("a\u{3000}b"), Err(BadName::ForbiddenCharacter('\u{3000}')));
    }

    #[test]
    fn lossy_folding_lowers_ascii_in_invalid_text() {
        assert_eq!(Ascii.fold_lossy("Günther.Example"), "günther.example");
        assert_eq!(Precis.fold_lossy("A B"), "a b");
        assert_eq!(Rfc1459.fold_lossy("[A]"), "{a}");
    }

    #[test]
    fn folded_ascii_is_not_copied() {
        for mapping in ALL {
            assert!(matches!(mapping.fold_cow("dan-42"), Ok(Cow::Borrowed("dan-42"))), "{mapping:?}");
        }
    }

    /// Letters of many scripts, compatibility forms, marks and punctuation.
    const TEXT: &str =
        "[a-zA-Z0-9|\\[\\]\\\\~^ÀÉẞßſKΩΣςἈᾳᾼͅİıŉƛǅאבעםــٱ٣ｓＭ中がﬁ\u{301}\u{323}\u{345}]{0,8}|\\PC{0,8}";

    #[test]
    fn folding_any_character_twice_changes_nothing() {
        for c in (char::MIN..=char::MAX).map(String::from) {
            for mapping in [Precis, Permissive] {
                if let Ok(folded) = mapping.fold(&c) {
                    assert_eq!(mapping.fold(&folded).as_deref(), Ok(&*folded), "{mapping:?} {c}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(raw in TEXT, which in 0usize..5) {
            let mapping = ALL[which];
            if let Ok(folded) = mapping.fold(&raw) {
                prop_assert_eq!(mapping.fold(&folded), Ok(folded));
            }
            let lossy = mapping.fold_lossy(&raw);
            prop_assert_eq!(mapping.fold_lossy(&lossy), lossy);
        }

        #[test]
        fn ascii_folds_the_same_by_table_and_by_unicode(raw in "[!-~]{0,12}") {
            prop_assert_eq!(Precis.fold(&raw), enforce_precis(&raw));
            prop_assert_eq!(Permissive.fold(&raw), fold_permissive(&raw));
        }
    }
}

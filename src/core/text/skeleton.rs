//! Skeletons: texts that look alike have the same skeleton (Unicode UTS 39, section 4).
//!
//! A skeleton is compared, never shown. It is computed from the text as shown, because folding would
//! lose the look of capitals. It does not tell whether a name is valid.

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::Rules;
use unicode_normalization::UnicodeNormalization;

use super::CaseMapping;

impl CaseMapping {
    /// Returns the form that `shown` shares with its look-alikes: its skeleton under the Unicode mappings,
    /// its fold under the others, which allow ASCII only.
    pub fn skeleton(self, shown: &str) -> String {
        match self {
            Self::Ascii | Self::Rfc1459 | Self::Rfc1459Strict => self.fold_lossy(shown),
            Self::Precis | Self::Permissive => unicode_skeleton(shown),
        }
    }
}

fn unicode_skeleton(shown: &str) -> String {
    if shown.bytes().all(looks_like_its_lower_case) {
        return shown.to_ascii_lowercase();
    }
    let profile = UsernameCaseMapped::new();
    // The table of confusables has only some of the fullwidth forms.
    let narrow = profile.width_mapping_rule(shown).unwrap_or_else(|_| shown.into());
    let alike: String = narrow.nfd().flat_map(prototype).nfd().collect();
    caseless::default_case_fold_str(&alike)
}

/// Returns whether the table of confusables leaves an ASCII character unchanged (or `m`, which `prototype`
/// restores).
fn looks_like_its_lower_case(byte: u8) -> bool {
    (byte.is_ascii_alphabetic() && byte != b'I') || (b'2'..=b'9').contains(&byte) || byte == b'-'
}

/// Returns the prototype of a character in the table of UTS 39, except that an `m` looks like `m` and not
/// like `rn`: a user called "waming" must not block the name "warning".
fn prototype(c: char) -> impl Iterator<Item = char> {
    // The table takes a hook for a comma below; at the size of a nick it is just an m.
    let alike = match c {
        'ɱ' => "m".to_owned(),
        _ => unicode_security::skeleton(c.encode_utf8(&mut [0; 4])).collect::<String>().replace("rn", "m"),
    };
    alike.chars().collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skeleton(shown: &str) -> String {
        CaseMapping::Precis.skeleton(shown)
    }

    #[test]
    fn homoglyphs_of_other_scripts_are_seen() {
        assert_eq!(skeleton("\u{0435}van"), "evan");
        assert_eq!(skeleton("\u{0435}mily"), skeleton("emily"));
        assert_eq!(skeleton("РОТАТО"), "potato");
        assert_ne!(skeleton("けらんぐ"), skeleton("kerang"));
    }

    #[test]
    fn pipe_one_and_capital_i_look_like_l() {
        assert_eq!(skeleton("Phi|ip"), "philip");
        assert_eq!(skeleton("phi1ip"), "philip");
        assert_eq!(skeleton("phiIip"), "philip");
    }

    #[test]
    fn m_is_not_rn() {
        assert_ne!(skeleton("warning"), skeleton("waming"));
        for m in ["ɱ", "\u{118E3}", "\u{11700}", "\u{217F}", "\u{1D426}"] {
            assert_eq!(skeleton(m), "m", "{m}");
        }
    }

    #[test]
    fn fullwidth_letters_are_plain_letters() {
        assert_eq!(skeleton("ｓｍｔ"), "smt");
        assert_eq!(skeleton("ＳＭＴ"), "smt");
        assert_eq!(skeleton("smｔ"), "smt");
    }

    #[test]
    fn the_short_way_agrees_with_the_long_one() {
        for byte in (0..128u8).filter(|&b| looks_like_its_lower_case(b)) {
            let c = char::from(byte);
            // A Greek letter without an ASCII look-alike forces the slow path.
            assert_eq!(skeleton(&format!("{c}ψ")), format!("{}{}", skeleton(&c.to_string()), skeleton("ψ")));
        }
    }

    #[test]
    fn ascii_mappings_only_fold() {
        assert_eq!(CaseMapping::Ascii.skeleton("Phi|ip"), "phi|ip");
        assert_eq!(CaseMapping::Rfc1459.skeleton("A[b]"), "a{b}");
    }
}

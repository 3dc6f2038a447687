//! Truncates text to a length in bytes without splitting a character.

/// Returns the longest prefix of `text` of at most `bytes_max` bytes that ends between two characters. It
/// may split combining sequences: the result is valid UTF-8, but not always whole graphemes.
pub fn truncate(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::truncate;

    #[test]
    fn cuts_between_characters() {
        assert_eq!(truncate("hello", 3), "hel");
        assert_eq!(truncate("hello", 5), "hello");
        assert_eq!(truncate("hello", 600), "hello");
        assert_eq!(truncate("hello", 0), "");
        assert_eq!(truncate("a🐬b", 4), "a");
        assert_eq!(truncate("a🐬b", 5), "a🐬");
        assert_eq!(truncate("🐬", 3), "");
    }

    proptest! {
        #[test]
        fn keeps_as_many_whole_characters_as_fit(text in "\\PC{0,30}", bytes_max in 0usize..80) {
            let kept = truncate(&text, bytes_max);
            prop_assert!(kept.len() <= bytes_max);
            prop_assert!(text.starts_with(kept));
            if let Some(next) = text[kept.len()..].chars().next() {
                prop_assert!(kept.len() + next.len_utf8() > bytes_max);
            }
        }
    }
}

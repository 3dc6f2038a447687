//! Glob patterns as IRC masks use them: `*` is any run of characters, `?` is exactly one character.
//!
//! There is no escape character, and case matters: fold both sides first. Invariant: matching
//! allocates nothing and takes at most pattern × text steps.

/// Returns whether `pattern` matches the whole of `text`.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Backtracking to the last star suffices: it can match anything that an earlier one could. This
    // keeps the work within pattern × text steps.
    let mut last_star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                last_star = Some((p, t));
            }
            Some(b'?') => {
                p += 1;
                t += char_bytes(text[t]);
            }
            Some(&literal) if literal == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((after_star, swallowed_to)) = last_star else { return false };
                p = after_star;
                t = swallowed_to + char_bytes(text[swallowed_to]);
                last_star = Some((p, t));
            }
        }
    }
    pattern[p..].iter().all(|&b| b == b'*')
}

/// Returns the length in bytes of the UTF-8 character that begins with `first`.
fn char_bytes(first: u8) -> usize {
    match first {
        0x00..0xC0 => 1,
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0.. => 4,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::matches;

    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            (['*', rest @ ..], _) => (0..=text.len()).any(|skip| naive(rest, &text[skip..])),
            ([_, ..], []) => false,
            ([p, rest @ ..], [t, tail @ ..]) => (*p == '?' || p == t) && naive(rest, tail),
        }
    }

    #[test]
    fn literals_must_cover_everything() {
        assert!(matches("", ""));
        assert!(!matches("", "a"));
        assert!(matches("dan!*@*", "dan!~u@example.org"));
        assert!(!matches("dan!*@*", "danny!~u@example.org"));
        assert!(!matches("abc", "ab"));
        assert!(!matches("ab", "abc"));
    }

    #[test]
    fn a_star_matches_any_run_even_an_empty_one() {
        assert!(matches("*", ""));
        assert!(matches("**", ""));
        assert!(matches("a*b*c", "abc"));
        assert!(matches("*aab", "aaaab"));
        assert!(matches("*.example.*", "a.b.example.example.net"));
        assert!(!matches("*.example.org", "example.org"));
    }

    #[test]
    fn a_question_mark_matches_one_character_not_one_byte() {
        assert!(matches("?", "中"));
        assert!(matches("c?b", "cob"));
        assert!(!matches("c?b", "cb"));
        assert!(!matches("??", "é"));
        assert!(matches("*?é", "日本é"));
        assert!(!matches("*??", "中"));
        assert!(matches("*??", "中🐬"));
    }

    #[test]
    fn regex_syntax_has_no_meaning() {
        assert!(matches("a.[b]+(c)", "a.[b]+(c)"));
        assert!(!matches("a.c", "abc"));
        assert!(!matches("[ab]", "a"));
    }

    #[test]
    fn many_stars_take_little_time() {
        let pattern = "*a".repeat(200) + "b";
        assert!(!matches(&pattern, &"a".repeat(4000)));
    }

    proptest! {
        #[test]
        fn agrees_with_the_naive_matcher(pattern in "[ab中é*?]{0,8}", text in "[ab中é]{0,10}") {
            let (p, t): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(matches(&pattern, &text), naive(&p, &t));
        }

        #[test]
        fn a_text_matches_itself_with_any_part_starred(text in "\\PC{0,20}", from in 0usize..20) {
            prop_assert!(matches(&text, &text));
            let head: String = text.chars().take(from).collect();
            prop_assert!(matches(&(head + "*"), &text));
        }
    }
}

//! Wraps words into lines of a limited length.

/// Joins words with spaces into lines of at most `bytes_max` bytes; a longer word gets its own line.
/// Returns no line if there are no words.
pub fn wrap<W: AsRef<str>>(words: impl IntoIterator<Item = W>, bytes_max: usize) -> Vec<String> {
    wrap_with(' ', words, bytes_max)
}

/// Like [`wrap`], with another ASCII character between the words.
pub fn wrap_with<W: AsRef<str>>(
    separator: char,
    words: impl IntoIterator<Item = W>,
    bytes_max: usize,
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        let word = word.as_ref();
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= bytes_max => {
                line.push(separator);
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{wrap, wrap_with};

    #[test]
    fn lines_are_filled_up_to_the_limit() {
        assert_eq!(wrap(["ab", "cd", "e", "f"], 5), ["ab cd", "e f"]);
        assert_eq!(wrap(["long word", "x"], 3), ["long word", "x"]);
        assert!(wrap([""; 0], 9).is_empty());
        assert_eq!(wrap_with(',', ["ab", "cd", "e"], 5), ["ab,cd", "e"]);
    }
}

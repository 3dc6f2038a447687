//! Finds the known key that a misspelled key was probably meant to be.

/// The maximum length of keys that are compared, in characters. All known keys are much shorter.
const CHARS_MAX: usize = 64;

/// Returns the known key that the given one resembles most, if it resembles any.
///
/// Keys resemble each other if they differ only in case and punctuation, or by one edit, or, from eight
/// characters on, by two. An edit inserts, deletes or replaces a character, or swaps two adjacent ones.
pub(super) fn nearest<'a>(key: &str, known: &'a [String]) -> Option<&'a str> {
    let letters = letters(key);
    if let Some(same) = known.iter().find(|known| self::letters(known) == letters) {
        return Some(same);
    }
    let key: Vec<char> = key.to_lowercase().chars().take(CHARS_MAX + 1).collect();
    let edits_max = match key.len() {
        0..=2 => return None,
        3..=7 => 1,
        8..=CHARS_MAX => 2,
        _ => return None,
    };
    // Known keys are ASCII, so their bytes are their characters.
    let edits = |known: &str| {
        let is_close = key.len().abs_diff(known.len()) <= edits_max;
        is_close.then(|| distance(&key, &known.chars().collect::<Vec<_>>()))
    };
    let nearest =
        known.iter().filter_map(|known| Some((edits(known)?, known))).min_by_key(|(edits, _)| *edits);
    nearest.filter(|(edits, _)| *edits <= edits_max).map(|(_, known)| known.as_str())
}

/// Returns the letters and digits of a key, in lower case.
fn letters(key: &str) -> String {
    key.chars().take(CHARS_MAX).filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns the number of edits that turn one text into another.
fn distance(a: &[char], b: &[char]) -> usize {
    // The last two rows of the table of distances between prefixes.
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let substituted = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = substituted.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_are_near_and_other_words_are_not() {
        let known: Vec<String> =
            ["max-sendq", "motd", "motd-formatting", "tls", "websocket", "name"].map(str::to_owned).to_vec();
        for (key, expected) in [
            ("max-sendqq", "max-sendq"),
            ("maxsendq", "max-sendq"),
            ("max_sendq", "max-sendq"),
            ("Max-SendQ", "max-sendq"),
            ("mxa-sednq", "max-sendq"),
            ("mtod", "motd"),
            ("names", "name"),
            ("tsl", "tls"),
            ("motd-formating", "motd-formatting"),
            ("web-socket", "websocket"),
        ] {
            assert_eq!(nearest(key, &known), Some(expected), "{key}");
        }
        for key in
            ["my-note", "x", "", "comment", "max-recvq-bytes", "socket", "to", "\u{1F600}\u{1F600}\u{1F600}"]
        {
            assert_eq!(nearest(key, &known), None, "{key}");
        }
    }
}

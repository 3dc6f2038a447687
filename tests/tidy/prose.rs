//! Rules for text: phrases that `docs/STYLE.md` avoids, line lengths, and the size of `docs/ARCHITECTURE.md`.

const ARCHITECTURE_LINES_MAX: usize = 200;
const ARCHITECTURE_WORDS_MAX: usize = 3_200;
const MARKDOWN_COLUMNS_MAX: usize = 130;
/// The limit of `rustfmt.toml`, which rustfmt does not apply to comments and strings.
const RUST_COLUMNS_MAX: usize = 110;

/// Files that must contain the phrases.
const NAMES_THEM: &[&str] = &["docs/STYLE.md", "tests/tidy/prose.rs"];

/// Phrases that read as translated, each with the number of times that it may still occur. Lower a number
/// when the count falls; never raise one. The count ignores case, and `_` separates words.
pub const PHRASES: &[(&str, usize)] = &[
    ("whoever", 2),
    ("whomever", 0),
    ("whom", 16),
    ("of late", 4),
    ("anew", 2),
    ("nobody", 26),
    ("heed", 1),
    ("heeds", 0),
    ("heeded", 0),
    ("as delivered", 0),
    ("for ever", 0),
    ("in earnest", 0),
    ("so many", 1),
    ("in vain", 0),
    ("is told of", 1),
    ("are told of", 1),
    ("be had", 1),
    ("besides", 2),
];

/// Number of lines of Rust that may still be too long. Lower it when the count falls; never raise it.
pub const LONG_LINES: usize = 81;

/// Returns every place where a phrase of `PHRASES` occurs: its index and `path:line`.
pub fn phrases(path: &str, text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    if NAMES_THEM.contains(&path) {
        return found;
    }
    for (number, line) in (1..).zip(text.lines()) {
        let words: Vec<String> =
            line.split(|c: char| !c.is_alphanumeric() && c != '\'').map(str::to_lowercase).collect();
        let line =
            words.iter().filter(|word| !word.is_empty()).map(|word| format!(" {word}")).collect::<String>()
                + " ";
        for (index, (phrase, _)) in PHRASES.iter().enumerate() {
            let times = line.matches(&format!(" {phrase} ")).count();
            found.extend((0..times).map(|_| (index, format!("{path}:{number}"))));
        }
    }
    found
}

/// Returns every line of Rust that exceeds `RUST_COLUMNS_MAX`.
pub fn long_lines(path: &str, text: &str) -> Vec<String> {
    let is_long = |line: &str| path.ends_with(".rs") && line.chars().count() > RUST_COLUMNS_MAX;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| is_long(line));
    lines.map(|(number, line)| format!("{path}:{number}: {} columns", line.chars().count())).collect()
}

/// Returns violations of the limits for `docs/ARCHITECTURE.md`, which must stay short enough to be read.
pub fn architecture(path: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if path != "docs/ARCHITECTURE.md" {
        return breaches;
    }
    let mut check = |what: &str, count: usize, limit: usize| {
        if count > limit {
            breaches.push(format!("{path}: it has {count} {what}, more than {limit}"));
        }
    };
    check("lines", text.lines().count(), ARCHITECTURE_LINES_MAX);
    check("words", text.split_whitespace().count(), ARCHITECTURE_WORDS_MAX);
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    check("columns", longest, MARKDOWN_COLUMNS_MAX);
    breaches
}

/// Returns a violation for each phrase, and for long lines, if the count exceeds the ceiling.
pub fn ratchet(phrases: &[(usize, String)], long_lines: &[String]) -> Vec<String> {
    let mut breaches = Vec::new();
    for (index, (phrase, ceiling)) in PHRASES.iter().enumerate() {
        let places: Vec<&str> =
            phrases.iter().filter(|(found, _)| *found == index).map(|(_, place)| place.as_str()).collect();
        if places.len() > *ceiling {
            let count = places.len();
            breaches.push(format!(
                "\"{phrase}\" occurs {count} times, more than {ceiling}: {}",
                places.join(" ")
            ));
        }
    }
    if long_lines.len() > LONG_LINES {
        breaches.push(format!("lines over {RUST_COLUMNS_MAX} columns:\n{}", long_lines.join("\n")));
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_in_a_sentence_and_in_a_name() {
        let (phrase, _) = PHRASES[0];
        let name = phrase.replace(' ', "_");
        let text = format!("It is {phrase}.\nfn {name}_is() {{}}\nx{phrase}y\n");
        assert_eq!(phrases("README.md", &text), [(0, "README.md:1".into()), (0, "README.md:2".into())]);
        assert_eq!(phrases("docs/STYLE.md", &text), []);
    }

    #[test]
    fn counts_above_the_ceiling() {
        let one = (0, "a:1".to_owned());
        assert_eq!(ratchet(&vec![one.clone(); PHRASES[0].1], &[]), [""; 0]);
        assert_eq!(ratchet(&vec![one; PHRASES[0].1 + 1], &[]).len(), 1);
        assert_eq!(ratchet(&[], &vec![String::new(); LONG_LINES + 1]).len(), 1);
    }

    #[test]
    fn an_architecture_page_that_is_too_long() {
        let count = |text: &str| architecture("docs/ARCHITECTURE.md", text).len();
        assert_eq!(count("x\n"), 0);
        assert_eq!(count(&"x\n".repeat(201)), 1);
        assert_eq!(count(&"x x x x x x x x x x x x x x x x x\n".repeat(190)), 1);
        assert_eq!(count(&"x".repeat(131)), 1);
    }

    #[test]
    fn a_long_comment_that_rustfmt_does_not_wrap() {
        let text = format!("// {}\n", "x".repeat(108));
        assert_eq!(long_lines("src/a.rs", &text).len(), 1);
        assert_eq!(long_lines("docs/a.md", &text).len(), 0);
        assert_eq!(long_lines("src/a.rs", &text.replacen('x', "", 1)).len(), 0);
    }
}

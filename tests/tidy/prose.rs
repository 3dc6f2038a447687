//! Rules for text: phrases that `docs/STYLE.md` avoids, line lengths, and the size of `docs/ARCHITECTURE.md`.

const ARCHITECTURE_LINES_MAX: usize = 200;
const ARCHITECTURE_WORDS_MAX: usize = 3_200;
const MARKDOWN_COLUMNS_MAX: usize = 130;
/// The limit of `rustfmt.toml`, which rustfmt does not apply to comments and strings.
const RUST_COLUMNS_MAX: usize = 110;

/// Files that must contain the phrases.
const NAMES_THEM: &[&str] = &["docs/STYLE.md", "tests/tidy/prose.rs"];

/// Phrases that read as translated. Case does not matter, and `_` separates words.
const PHRASES: &[&str] = &[
    "whoever",
    "whomever",
    "whom",
    "of late",
    "anew",
    "nobody",
    "heed",
    "heeds",
    "heeded",
    "as delivered",
    "for ever",
    "in earnest",
    "so many",
    "in vain",
    "is told of",
    "are told of",
    "be had",
    "besides",
];

/// Returns every place where a phrase of `PHRASES` occurs.
pub fn phrases(path: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if NAMES_THEM.contains(&path) {
        return breaches;
    }
    for (number, line) in (1..).zip(text.lines()) {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
        let line: String = words.map(|word| format!(" {}", word.to_lowercase())).collect();
        let line = line + " ";
        let found = PHRASES.iter().filter(|phrase| line.contains(&format!(" {phrase} ")));
        breaches.extend(found.map(|phrase| format!("{path}:{number}: \"{phrase}\", see docs/STYLE.md")));
    }
    breaches
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_in_a_sentence_and_in_a_name() {
        for phrase in PHRASES {
            let name = phrase.replace(' ', "_");
            let text = format!("It is {phrase}.\nfn {name}_is() {{}}\nx{phrase}y\n");
            assert_eq!(phrases("README.md", &text).len(), 2, "{phrase}");
            assert_eq!(phrases("docs/STYLE.md", &text).len(), 0, "{phrase}");
        }
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

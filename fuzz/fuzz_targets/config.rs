//! Configurations: no text makes the loader panic, and every problem it reports is on a line of the text.

#![no_main]

use ircd::config;
use libfuzzer_sys::fuzz_target;

/// The line breaks of YAML 1.1; a parser may count CR LF once or twice.
const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

fuzz_target!(|input: &str| {
    let lines = input.matches(BREAKS).count() + 1;
    let problems = match config::load(input, &[]) {
        Ok(loaded) => {
            assert!(config::diff(&loaded.config, &loaded.config).is_ok());
            loaded.warnings
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "a text is rejected without a reason");
            problems
        }
    };
    for problem in problems {
        assert!(problem.line.is_none_or(|line| (1..=lines).contains(&line)), "{problem:?}");
        let _ = problem.display("fuzz").to_string();
    }
});

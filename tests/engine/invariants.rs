//! Invariants of the lines for a client: only tags that it requested, and one answer per label.

use std::collections::BTreeMap;

use ircd::wire::{Cap, Caps};

use crate::simulation::Step;

/// Returns the value of a tag.
pub fn tag<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let tags = line.strip_prefix('@')?.split(' ').next()?;
    tags.split(';').find_map(|tag| tag.strip_prefix(name)?.strip_prefix('='))
}

/// Checks that no tag reaches a client that did not request it.
pub fn check_tags(seed: u64, line: &str, caps: Caps) {
    let Some(tags) = line.strip_prefix('@').and_then(|line| line.split(' ').next()) else { return };
    for tag in tags.split(';') {
        let allowed = match tag.split('=').next().unwrap_or_default() {
            "time" => caps.has(Cap::ServerTime),
            "label" => caps.has(Cap::LabeledResponse),
            "batch" => caps.has(Cap::Batch) || caps.has(Cap::LabeledResponse),
            "account" => caps.has(Cap::AccountTag),
            "draft/multiline-concat" => caps.has(Cap::Multiline),
            "draft/relaymsg" => caps.has(Cap::Relaymsg) || caps.has(Cap::MessageTags),
            _ => caps.has(Cap::MessageTags),
        };
        assert!(allowed, "seed {seed}: {line} has a tag that was not requested");
    }
}

/// Checks that a labeled command is answered under its label exactly once, unless the answer has to wait.
pub fn check_label(seed: u64, step: &Step, caps: &BTreeMap<String, Caps>, said: &str, waits: bool) {
    let Step::Line(name, line) = step else { return };
    let Some(label) = tag(line, "label") else { return };
    let had_cap = caps.get(name).is_some_and(|caps| caps.has(Cap::LabeledResponse));
    if !had_cap || waits {
        return;
    }
    let prefix = format!("{name} < @");
    let own = said.lines().filter(|l| l.starts_with(&prefix));
    let answered = own.filter(|l| tag(&l[name.len() + 3..], "label") == Some(label)).count();
    assert_eq!(answered, 1, "seed {seed}: {line} was answered {answered} times:\n{said}");
}

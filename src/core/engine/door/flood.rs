//! Flood control: a client may send a burst of commands after a pause, then one at a time at an even pace.
//!
//! This is arithmetic on a [`Pace`]; holding and resuming the session is left to the dispatcher.

use crate::config::Fakelag;
use crate::state::session::Pace;

/// Number of bytes in the lines of a batch that are charged as one command.
const DEFERRED_BYTES_PER_COMMAND: usize = 512;

/// Records the bytes of a line that does not have to wait because it is part of a batch: they are charged
/// with the next command.
pub fn defer(pace: &mut Pace, bytes: usize) {
    pace.deferred_bytes += bytes;
}

/// Charges one command; returns the milliseconds until it may be served. Deferred bytes delay the commands
/// after it.
pub fn charge(rules: &Fakelag, pace: &mut Pace, command: &str, mono_ms: u64) -> u64 {
    let wait_ms = charge_one(rules, pace, command, mono_ms);
    let deferred = std::mem::take(&mut pace.deferred_bytes) / DEFERRED_BYTES_PER_COMMAND;
    let mut at_ms = mono_ms + wait_ms;
    for _ in 0..deferred {
        at_ms += charge_one(rules, pace, command, at_ms);
    }
    wait_ms
}

/// Charges one command, which is free if it has a budget that is not used up.
fn charge_one(rules: &Fakelag, pace: &mut Pace, command: &str, mono_ms: u64) -> u64 {
    if is_free(rules, pace, command) {
        return 0;
    }
    let since_ms = mono_ms.saturating_sub(pace.served_mono_ms);
    let cooldown_ms = rules.cooldown.as_millis() as u64;
    let is_first = pace.served_mono_ms == 0;
    if is_first || since_ms > cooldown_ms {
        (pace.burst, pace.throttled) = (0, false);
    }
    if !pace.throttled && pace.burst < rules.burst_limit {
        pace.burst += 1;
        pace.served_mono_ms = mono_ms;
        return 0;
    }
    pace.throttled = true;
    let apart_ms = match rules.messages_per_window {
        // Only bursts: the next one starts after a pause.
        0 => {
            (pace.burst, pace.throttled) = (1, false);
            cooldown_ms
        }
        messages => rules.window.as_millis() as u64 / messages as u64,
    };
    // Deferred bytes may have moved `served_mono_ms` into the future.
    let wait_ms = if is_first { 0 } else { (pace.served_mono_ms + apart_ms).saturating_sub(mono_ms) };
    pace.served_mono_ms = mono_ms + wait_ms;
    wait_ms
}

/// Uses one unit of the command's budget; returns `false` if it has no budget or none is left.
fn is_free(rules: &Fakelag, pace: &mut Pace, command: &str) -> bool {
    let budget = rules.command_budgets.iter().find(|(name, _)| name.eq_ignore_ascii_case(command));
    let Some((name, &limit)) = budget.filter(|(_, limit)| **limit > 0) else { return false };
    let at = pace.free.iter().position(|(known, _)| **known == **name).unwrap_or_else(|| {
        pace.free.push((name.as_str().into(), 0));
        pace.free.len() - 1
    });
    let used = &mut pace.free[at].1;
    *used += usize::from(*used <= limit);
    *used <= limit
}

/// Returns the command of a line, which need not be well-formed.
pub fn command_of(line: &str) -> &str {
    let skip = |line: &'_ str, mark: char| -> usize {
        if !line.starts_with(mark) {
            return 0;
        }
        line.find(' ').map_or(line.len(), |end| line.len() - line[end..].trim_start_matches(' ').len())
    };
    let line = &line[skip(line, '@')..];
    let line = &line[skip(line, ':')..];
    line.split(' ').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn rules(messages_per_window: usize) -> Fakelag {
        Fakelag {
            enabled: true,
            window: Duration::from_secs(1),
            burst_limit: 3,
            messages_per_window,
            cooldown: Duration::from_secs(2),
            command_budgets: [("WHO".to_owned(), 2)].into_iter().collect(),
        }
    }

    /// Returns the times at which commands received at these times are served.
    fn served(rules: &Fakelag, at_ms: &[u64]) -> Vec<u64> {
        let mut pace = Pace::default();
        at_ms.iter().map(|&at| at + charge(rules, &mut pace, "PRIVMSG", at)).collect()
    }

    #[test]
    fn after_a_burst_commands_are_spaced_out() {
        // Each is received when the one before it was served, like those of a client that is held.
        let times = [10, 10, 10, 10, 510, 1010];
        assert_eq!(served(&rules(2), &times), [10, 10, 10, 510, 1010, 1510]);
    }

    #[test]
    fn slow_clients_never_wait() {
        let times: Vec<u64> = (1..20).map(|n| n * 500).collect();
        assert_eq!(served(&rules(2), &times), times);
        let times: Vec<u64> = (1..20).map(|n| n * 2001).collect();
        assert_eq!(served(&rules(0), &times), times);
    }

    #[test]
    fn a_pause_allows_another_burst() {
        let times = [10, 10, 10, 10, 2511, 2511, 2511, 2511];
        assert_eq!(served(&rules(2), &times), [10, 10, 10, 510, 2511, 2511, 2511, 3011]);
    }

    #[test]
    fn without_a_rate_there_are_only_bursts() {
        let times = [10, 10, 10, 10, 2010, 2010, 2010];
        assert_eq!(served(&rules(0), &times), [10, 10, 10, 2010, 2010, 2010, 4010]);
    }

    #[test]
    fn commands_are_free_until_their_budget_is_used_up() {
        let (rules, mut pace) = (rules(2), Pace::default());
        let waits: Vec<u64> = (0..6).map(|_| charge(&rules, &mut pace, "who", 10)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 500]);
    }

    #[test]
    fn the_command_is_found_in_any_line() {
        for (line, command) in [
            ("WHO #a", "WHO"),
            ("@a=b  WHO #a", "WHO"),
            ("@a :me WHO", "WHO"),
            (":me  WHO", "WHO"),
            ("@a", ""),
            (":me", ""),
            ("", ""),
        ] {
            assert_eq!(command_of(line), command, "{line}");
        }
    }
}

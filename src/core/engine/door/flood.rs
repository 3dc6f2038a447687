//! The delay of a client's next command: a burst after a pause, then an even pace.
//!
//! Pure arithmetic on a [`Pace`]; holding the session and letting it go on is the dispatcher's.

use crate::config::Fakelag;
use crate::state::session::Pace;

/// Bytes of lines that belong together which are charged as one command.
const DEFERRED_BYTES_PER_COMMAND: usize = 512;

/// Notes bytes of a line that does not have to wait, as it is one of a batch: the next command pays for it.
pub fn defer(pace: &mut Pace, bytes: usize) {
    pace.deferred_bytes += bytes;
}

/// Charges one command and gives the milliseconds until it may be served; what was deferred is charged to
/// those after it.
pub fn charge(rules: &Fakelag, pace: &mut Pace, command: &str, mono_ms: u64) -> u64 {
    let wait_ms = charge_one(rules, pace, command, mono_ms);
    let deferred = std::mem::take(&mut pace.deferred_bytes) / DEFERRED_BYTES_PER_COMMAND;
    let mut at_ms = mono_ms + wait_ms;
    for _ in 0..deferred {
        at_ms += charge_one(rules, pace, command, at_ms);
    }
    wait_ms
}

/// A command with a budget is free until that is used up.
fn charge_one(rules: &Fakelag, pace: &mut Pace, command: &str, mono_ms: u64) -> u64 {
    if is_free(rules, pace, command) {
        return 0;
    }
    let since_ms = mono_ms.saturating_sub(pace.served_mono_ms);
    let cooldown_ms = rules.cooldown.as_millis() as u64;
    let fresh = pace.served_mono_ms == 0;
    if fresh || since_ms > cooldown_ms {
        (pace.burst, pace.throttled) = (0, false);
    }
    if !pace.throttled && pace.burst < rules.burst_limit {
        pace.burst += 1;
        pace.served_mono_ms = mono_ms;
        return 0;
    }
    pace.throttled = true;
    let apart_ms = match rules.messages_per_window {
        // Only bursts: the next one begins when the client has rested.
        0 => {
            (pace.burst, pace.throttled) = (1, false);
            cooldown_ms
        }
        messages => rules.window.as_millis() as u64 / messages as u64,
    };
    // What was deferred may have been served in the future.
    let wait_ms = if fresh { 0 } else { (pace.served_mono_ms + apart_ms).saturating_sub(mono_ms) };
    pace.served_mono_ms = mono_ms + wait_ms;
    wait_ms
}

/// Takes one from the command's budget, if it has one and something is left.
fn is_free(rules: &Fakelag, pace: &mut Pace, command: &str) -> bool {
    let budget = rules.command_budgets.iter().find(|(name, _)| name.eq_ignore_ascii_case(command));
    let Some((name, &most)) = budget.filter(|(_, most)| **most > 0) else { return false };
    let at = pace.free.iter().position(|(known, _)| **known == **name).unwrap_or_else(|| {
        pace.free.push((name.as_str().into(), 0));
        pace.free.len() - 1
    });
    let used = &mut pace.free[at].1;
    *used += usize::from(*used <= most);
    *used <= most
}

/// The command of a line, which need not be well-formed.
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

    /// Commands at these times: when each is served.
    fn served(rules: &Fakelag, at_ms: &[u64]) -> Vec<u64> {
        let mut pace = Pace::default();
        at_ms.iter().map(|&at| at + charge(rules, &mut pace, "PRIVMSG", at)).collect()
    }

    #[test]
    fn after_a_burst_commands_are_spaced_out() {
        // Each comes when the one before it was served, as a held client's do.
        let times = [10, 10, 10, 10, 510, 1010];
        assert_eq!(served(&rules(2), &times), [10, 10, 10, 510, 1010, 1510]);
    }

    #[test]
    fn slow_clients_never_wait() {
        let times: Vec<u64> = (1..20).map(|n| n * 500).collect();
        assert_eq!(served(&rules(2), &times), times);
        let rests: Vec<u64> = (1..20).map(|n| n * 2001).collect();
        assert_eq!(served(&rules(0), &rests), rests);
    }

    #[test]
    fn a_rest_allows_another_burst() {
        let times = [10, 10, 10, 10, 2511, 2511, 2511, 2511];
        assert_eq!(served(&rules(2), &times), [10, 10, 10, 510, 2511, 2511, 2511, 3011]);
    }

    #[test]
    fn without_a_rate_there_are_only_bursts() {
        let times = [10, 10, 10, 10, 2010, 2010, 2010];
        assert_eq!(served(&rules(0), &times), [10, 10, 10, 2010, 2010, 2010, 4010]);
    }

    #[test]
    fn a_budget_is_free_and_then_not() {
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

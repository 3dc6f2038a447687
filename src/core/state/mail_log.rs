//! The letters that were sent lately, so that no address gets many of them, from any client.
//!
//! Invariant: at most [`ADDRESSES_MAX`] addresses are remembered. Not stored: a restart forgets them.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The time between two letters to one address, milliseconds.
pub const INTERVAL_MS: u64 = 60 * 60 * 1000;
/// Addresses that are remembered; the one with the oldest letter is forgotten first.
const ADDRESSES_MAX: usize = 10_000;

/// When the last letter to each address was sent, on the clock that never jumps; the latest last.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MailLog {
    sent: IndexMap<Box<str>, u64>,
}

impl MailLog {
    /// Returns whether a letter may be sent to an address now.
    pub fn may_send(&self, address: &str, mono_ms: u64) -> bool {
        let sent_ms = self.sent.get(&*mailbox(address));
        sent_ms.is_none_or(|sent_ms| mono_ms >= sent_ms.saturating_add(INTERVAL_MS))
    }

    pub(super) fn note(&mut self, address: &str, mono_ms: u64) {
        let mailbox = mailbox(address);
        self.sent.shift_remove(&*mailbox);
        self.sent.insert(mailbox.into(), mono_ms);
        while self.sent.len() > ADDRESSES_MAX {
            self.sent.shift_remove_index(0);
        }
    }

    pub(super) fn forget(&mut self, address: &str) {
        self.sent.shift_remove(&*mailbox(address));
    }
}

/// Returns what the spellings of an address have in common. Most mail servers ignore capitals, and what follows
/// a `+` in front of the `@`.
fn mailbox(address: &str) -> String {
    let address = address.to_lowercase();
    let Some((local, domain)) = address.rsplit_once('@') else { return address };
    let local = local.split('+').next().unwrap_or_default();
    format!("{local}@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_one_letter_an_hour_however_it_is_written() {
        let mut log = MailLog::default();
        log.note("Alice+irc@Example.org", 1000);
        for address in ["alice@example.org", "alice+2@EXAMPLE.org"] {
            assert!(!log.may_send(address, 1000 + INTERVAL_MS - 1));
            assert!(log.may_send(address, 1000 + INTERVAL_MS));
        }
        assert!(log.may_send("alice@example.net", 1000));
        log.forget("alice@example.org");
        assert!(log.may_send("alice@example.org", 1000));
    }

    #[test]
    fn the_oldest_letters_are_forgotten_first() {
        let mut log = MailLog::default();
        for number in 0..=ADDRESSES_MAX {
            log.note(&format!("{number}@example.org"), 0);
        }
        assert_eq!(log.sent.len(), ADDRESSES_MAX);
        assert!(log.may_send("0@example.org", 0) && !log.may_send("1@example.org", 0));
    }
}

//! The times of recent emails, so that no address receives many of them, from any client.
//!
//! Invariant: at most [`ADDRESSES_MAX`] addresses are remembered. They are not stored: a restart drops them.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The minimum time between two emails to an address, in milliseconds.
pub const INTERVAL_MS: u64 = 60 * 60 * 1000;
/// The maximum number of addresses; the one with the oldest email is dropped first.
const ADDRESSES_MAX: usize = 10_000;

/// When the last email to each address was sent, in milliseconds on the monotonic clock, the latest last.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MailLog {
    sent: IndexMap<Box<str>, u64>,
}

impl MailLog {
    /// Returns whether an email may be sent to an address now.
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

/// Returns the canonical form of an address. Most mail servers ignore case, and anything from a `+` to the
/// `@`.
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
    fn all_spellings_of_an_address_get_one_email_per_hour() {
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
    fn the_oldest_emails_are_dropped_first() {
        let mut log = MailLog::default();
        for number in 0..=ADDRESSES_MAX {
            log.note(&format!("{number}@example.org"), 0);
        }
        assert_eq!(log.sent.len(), ADDRESSES_MAX);
        assert!(log.may_send("0@example.org", 0) && !log.may_send("1@example.org", 0));
    }
}

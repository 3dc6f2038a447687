//! Counters from which ids are made. Nothing is random after the seed.

use serde::{Deserialize, Serialize};
use sha3::{Digest, Sha3_256};

use crate::engine::border::Ticket;
use crate::wire::MsgId;

/// The counters.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ids {
    salt: [u8; 32],
    /// The source of nonces and codes; ids are not derived from it.
    secret: [u8; 32],
    messages: u64,
    message_ms: u64,
    batches: u64,
    tickets: u64,
}

impl Ids {
    /// Creates the counters of a run. The salt keeps its ids distinct from those of other runs. `used_ms` is
    /// the latest time known to be used in ids, in milliseconds since 1970: all new ids are later.
    pub fn new(salt: [u8; 32], used_ms: Option<u64>) -> Ids {
        let secret = digest(b"secret", &salt);
        let message_ms = used_ms.map_or(0, |used_ms| used_ms + 1);
        Ids { salt, secret, messages: 0, message_ms, batches: 0, tickets: 0 }
    }

    /// Returns the time of a message that is sent now, in milliseconds since 1970. It never goes back, even
    /// when the clock does.
    pub fn time_ms(&self, wall_ms: u64) -> u64 {
        self.message_ms.max(wall_ms)
    }

    /// Returns a new message id. Later ids are greater, even when the clock goes back.
    pub fn msgid(&mut self, wall_ms: u64) -> MsgId {
        self.message_ms = self.message_ms.max(wall_ms);
        self.messages += 1;
        // No millisecond has 2^24 messages; a wrapped counter sorts correctly by its time.
        MsgId::new(self.message_ms, self.messages as u32, self.mixed(self.messages))
    }

    /// Returns a new batch reference.
    pub fn batch(&mut self) -> String {
        self.batches += 1;
        self.batches.to_string()
    }

    /// Returns a new ticket for a job.
    pub fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    /// Returns bytes that cannot be guessed, even with all earlier ones known.
    pub fn secret<const N: usize>(&mut self) -> [u8; N] {
        let secret = digest(b"give", &self.secret);
        self.secret = digest(b"go on", &self.secret);
        *secret.first_chunk().expect("no caller needs more than 32 bytes")
    }

    /// Mixes the salt with a counter cheaply (splitmix64). The salt changes from time to time, so that it
    /// cannot be derived from many ids.
    fn mixed(&mut self, counter: u64) -> u64 {
        if counter.is_multiple_of(4096) {
            self.salt = Sha3_256::digest(self.salt).into();
        }
        let word = u64::from_le_bytes(self.salt[..8].try_into().expect("eight bytes"));
        let mut z = word.wrapping_add(counter.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

fn digest(label: &[u8], secret: &[u8; 32]) -> [u8; 32] {
    Sha3_256::new().chain_update(label).chain_update(secret).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_between_calls_and_runs() {
        let (mut ids, mut others) = (Ids::new([7; 32], None), Ids::new([8; 32], None));
        let secrets: [[u8; 18]; 3] = [ids.secret(), ids.secret(), others.secret()];
        assert!(secrets[0] != secrets[1] && secrets[0] != secrets[2] && secrets[1] != secrets[2]);
    }

    #[test]
    fn message_ids_grow_even_when_the_clock_goes_back() {
        let mut ids = Ids::new([7; 32], None);
        let msgids: Vec<MsgId> = [5, 6, 3, 3, 9].into_iter().map(|ms| ids.msgid(ms)).collect();
        assert!(msgids.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((ids.time_ms(3), ids.time_ms(12)), (9, 12));
        assert!(msgids[4] < Ids::new([8; 32], Some(9)).msgid(4));
    }
}

//! How far the server has closed itself against an attack. Not stored: a restart opens it again.

use serde::{Deserialize, Serialize};

/// The level: 5 is normal, 1 rejects all connections. Each level includes the restrictions of higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Defcon(u8);

impl Default for Defcon {
    fn default() -> Defcon {
        Defcon(5)
    }
}

impl Defcon {
    /// A level from 1 to 5.
    pub fn new(level: u8) -> Option<Defcon> {
        (1..=5).contains(&level).then_some(Defcon(level))
    }

    /// The number.
    pub fn level(self) -> u8 {
        self.0
    }

    /// No registration of accounts, and Tor users need one.
    pub fn closes_registration(self) -> bool {
        self.0 <= 4
    }

    /// Only users who are logged in send direct messages, and no one changes hosts.
    pub fn silences_guests(self) -> bool {
        self.0 <= 3
    }

    /// Only those with an account come in, or into channels.
    pub fn requires_account(self) -> bool {
        self.0 <= 2
    }

    /// No connections.
    pub fn rejects_connections(self) -> bool {
        self.0 <= 1
    }
}

//! The DEFCON level, which closes the server in steps during an attack. A restart resets it.

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
    /// Returns a level; `None` unless it is from 1 to 5.
    pub fn new(level: u8) -> Option<Defcon> {
        (1..=5).contains(&level).then_some(Defcon(level))
    }

    /// Returns the number.
    pub fn level(self) -> u8 {
        self.0
    }

    /// Returns whether no accounts can be registered, and Tor users must log in.
    pub fn closes_registration(self) -> bool {
        self.0 <= 4
    }

    /// Returns whether only logged-in users can send direct messages, and vhosts cannot change.
    pub fn silences_guests(self) -> bool {
        self.0 <= 3
    }

    /// Returns whether only logged-in users can connect or join channels.
    pub fn requires_account(self) -> bool {
        self.0 <= 2
    }

    /// Returns whether all connections are rejected.
    pub fn rejects_connections(self) -> bool {
        self.0 <= 1
    }
}

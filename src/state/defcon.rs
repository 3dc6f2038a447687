//! How far the server has closed itself against an attack. Not stored: a restart opens it again.

use serde::{Deserialize, Serialize};

/// The level: 5 is peace, 1 lets nobody in. Each level keeps what the higher numbers bring.
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

    /// Nobody makes an account, and who comes through Tor must have one.
    pub fn closes_registration(self) -> bool {
        self.0 <= 4
    }

    /// Only the logged-in talk to people directly, and nobody changes hosts.
    pub fn silences_guests(self) -> bool {
        self.0 <= 3
    }

    /// Only those with an account come in, or into channels.
    pub fn requires_account(self) -> bool {
        self.0 <= 2
    }

    /// Nobody comes in.
    pub fn closes_doors(self) -> bool {
        self.0 <= 1
    }
}

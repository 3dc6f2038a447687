//! Ids, by which parts of the state refer to each other: numbers, not pointers, so that the state can be
//! stored, compared and sent to another node.

use serde::{Deserialize, Serialize};

/// An id: a slot and a generation.
pub trait Id: Copy + Eq {
    /// Combines a slot and a generation.
    fn new(slot: u32, generation: u32) -> Self;
    /// Returns the index into a dense table.
    fn slot(self) -> usize;
    /// Returns the number of earlier uses of the slot.
    fn generation(self) -> u32;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name {
            /// The index into a dense table.
            pub slot: u32,
            /// The number of earlier uses of the slot.
            pub generation: u32,
        }

        impl Id for $name {
            fn new(slot: u32, generation: u32) -> $name {
                $name { slot, generation }
            }

            fn slot(self) -> usize {
                self.slot as usize
            }

            fn generation(self) -> u32 {
                self.generation
            }
        }
    )*};
}

ids! {
    /// A connection. The acceptor chooses the slot, which is reused after a close; the generation
    /// distinguishes its uses.
    SessionId,
    /// A nick on the network, with zero or more sessions.
    UserId,
    /// A channel.
    ChannelId
}

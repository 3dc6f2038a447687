//! Ids: how parts of the state refer to each other. Plain numbers, never pointers, so that the state
//! can be stored, compared and sent to another node.

use serde::{Deserialize, Serialize};

/// What the ids have in common.
pub trait Id: Copy + Eq {
    /// Puts an id together.
    fn new(slot: u32, generation: u32) -> Self;
    /// Index into a dense table.
    fn slot(self) -> usize;
    /// Which use of the slot this is.
    fn generation(self) -> u32;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name {
            /// Index into a dense table.
            pub slot: u32,
            /// Which use of the slot this is.
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
    /// A connection. The acceptor chooses the slot, which is reused after a close;
    /// the generation tells one use of a slot from the next.
    SessionId,
    /// A nick on the network, with zero or more sessions.
    UserId,
    /// A channel.
    ChannelId
}

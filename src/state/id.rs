//! Ids: how parts of the state refer to each other. Plain numbers, never pointers, so that the state
//! can be stored, compared and sent to another node.

/// A connection. The slot is chosen by whoever accepts connections and is reused after a close; the
/// generation tells one use of a slot from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId {
    /// Index into a dense table.
    pub slot: u32,
    /// Which use of the slot this is.
    pub generation: u32,
}

/// A nick on the network, with zero or more sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId {
    /// Index into a dense table.
    pub slot: u32,
    /// Which use of the slot this is.
    pub generation: u32,
}

/// A channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId {
    /// Index into a dense table.
    pub slot: u32,
    /// Which use of the slot this is.
    pub generation: u32,
}

//! The doors: listeners, TLS, WebSocket, framing, and the IO shards that own the sockets.
//!
//! Of IRC it knows how lines end, how long they may be, and the two ERROR lines that must be said without
//! the engine. Lines go to the engine as events through an [`Inbox`], effects come back through
//! [`Shard::apply`]. It starts no thread; `server` gives it one per shard. Invariant: every buffer
//! has a bound, and an idle connection holds none of ours.

mod address;
mod connection;
mod descriptors;
mod door;
mod framing;
mod gate;
mod handshake;
mod inbox;
mod input;
mod listener;
mod outbox;
mod output;
mod proxy;
mod shard;
mod socket;
mod tls;
mod upgrade;
pub mod websocket;

use std::io;

pub use descriptors::raise_limit;
pub use door::{Arrival, admit};
pub use inbox::Inbox;
pub use listener::{Bound, Listeners};
pub use shard::{Limits, Shard};

/// An operating system error in its own words, as our messages are written: lower case, no number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

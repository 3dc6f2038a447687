//! Accepts, reads and writes connections: listeners, TLS, WebSocket, framing, and the I/O shards that own the
//! sockets. HTTP clients are passed on once their handshakes are done.
//!
//! Of IRC it knows only line endings, the length of lines, and the two ERROR lines that must be sent without
//! the engine. Lines go to the engine as events through an [`Inbox`], and effects come back through
//! [`Shard::apply`]. It starts no threads; `server` starts one per shard. Invariant: every buffer is bounded,
//! and an idle connection has none.

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
mod web;
pub mod websocket;

use std::io;

pub use descriptors::raise_limit;
pub use door::{Arrival, admit};
pub use inbox::Inbox;
pub use listener::{Bound, Listeners};
pub use shard::{Limits, Shard};
pub use web::{HttpArrival, HttpConnection, HttpDoor, HttpSender, HttpStream, WRITE_TIME_MAX};

/// Returns the text of an operating system error in the style of our messages: lower case, no number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

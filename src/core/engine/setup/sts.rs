//! Strict transport security (<https://ircv3.net/specs/extensions/sts>): the value of `sts`, and the
//! capabilities of `sts-only` listeners.

use crate::config::Sts;
use crate::wire::{Cap, Caps};

/// The capabilities of listeners that only redirect clients to TLS: `sts`, and those that clients may need to
/// understand the other lines.
const CAPS: [Cap; 6] =
    [Cap::Batch, Cap::EchoMessage, Cap::LabeledResponse, Cap::MessageTags, Cap::ServerTime, Cap::Sts];

/// The capability with the value that removes the policy that clients remember.
pub const ENDED: &str = "sts=duration=0";

/// Returns the capabilities that can be negotiated on an `sts-only` listener.
pub fn caps() -> Caps {
    CAPS.into_iter().collect()
}

/// Returns the value of `sts`. Clients use the port on insecure connections and the duration on secure ones.
pub fn value(sts: &Sts) -> String {
    let mut value = format!("duration={}", sts.duration.as_secs());
    if sts.port > 0 {
        value += &format!(",port={}", sts.port);
    }
    if sts.preload {
        value += ",preload";
    }
    value
}

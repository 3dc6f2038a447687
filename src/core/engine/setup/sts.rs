//! Strict transport security (<https://ircv3.net/specs/extensions/sts>): what `sts` says, and listeners that
//! serve nothing else.

use crate::config::Sts;
use crate::wire::{Cap, Caps};

/// What can be negotiated where clients are only told to use TLS: `sts`, and what clients may need to
/// understand the rest.
const CAPS: [Cap; 6] =
    [Cap::Batch, Cap::EchoMessage, Cap::LabeledResponse, Cap::MessageTags, Cap::ServerTime, Cap::Sts];

/// What takes back the policy that clients remember.
pub const ENDED: &str = "sts=duration=0";

/// What can be negotiated on a listener that is `sts-only`.
pub fn caps() -> Caps {
    CAPS.into_iter().collect()
}

/// The value of `sts`: to insecure connections the port counts, to secure ones the duration.
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

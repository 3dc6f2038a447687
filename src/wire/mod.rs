//! The line protocol: messages in, lines out, capabilities, numerics.
//!
//! Knows no state, no policy and no recipients: how a line looks follows from the line and a
//! [`outgoing::Form`]. Invariant: no parameter that came from a client can make a rendered line mean
//! something else.

pub mod caps;
pub mod clock;
pub mod ctcp;
pub mod message;
pub mod multiline;
pub mod numeric;
pub mod outgoing;
pub mod proxy;

pub use caps::{Cap, Caps};
pub use clock::{MsgId, Stamp};
pub use message::{Message, ParseError};
pub use numeric::Numeric;
pub use outgoing::{Body, Form, Origin, Outgoing, Part, Text};

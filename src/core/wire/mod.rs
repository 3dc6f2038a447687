//! The line protocol: messages in, lines out, capabilities, numerics.
//!
//! It has no state, policy or recipients: the bytes of a line depend only on the line and an
//! [`outgoing::Form`]. Invariant: no parameter from a client can change the meaning of a rendered
//! line.

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

//! The life of a session: registration, its lines, idle timeouts, and its end.

pub mod dispatch;
pub mod end;
pub mod idle;
pub mod registration;
mod sts_only;

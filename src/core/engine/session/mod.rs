//! What a session goes through: its lines, and how it becomes a user.

pub mod dispatch;
pub mod end;
pub mod idle;
pub mod registration;
mod sts_only;

//! Users, sessions and channels as plain data by id.
pub mod id;
pub use id::{ChannelId, SessionId, UserId};

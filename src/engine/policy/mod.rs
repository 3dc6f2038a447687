//! Who may do what: each question reads the state and answers yes or names the obstacle.

mod channel;
mod join;

pub use channel::{can_change_mode, can_invite, can_kick, can_set_topic, can_speak};
pub use join::can_join;

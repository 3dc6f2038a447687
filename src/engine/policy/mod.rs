//! Who may do what, and who sees whom: `can_…` reads the state and answers yes or names the obstacle,
//! `sees_…` yes or no. Nothing here says or changes anything.

mod channel;
mod join;
mod nick;
mod sight;

pub use channel::{
    can_change_mode, can_invite, can_kick, can_set_topic, can_speak, folded_sources, standing,
};
pub use join::can_join;
pub use nick::{Claim, claim_nick, is_service};
pub use sight::{sees_channel, sees_member, sees_oper, sees_user};

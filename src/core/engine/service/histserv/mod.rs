//! HistServ: what was said, for people, and for those who have to take care of it.

mod delete;
pub(in crate::engine) mod export;
pub(in crate::engine) mod forget;
mod play;

use super::ServiceCommand;
use crate::engine::context::service::ServiceName;

const HISTSERV: ServiceName = ServiceName::HistServ;

/// The operator capability for other people's messages.
const HISTORY: &str = "history";

pub(super) const ABOUT: &[&str] = &["HistServ provides commands for message history."];

/// All commands, by name.
pub(super) static COMMANDS: &[&ServiceCommand] =
    &[&delete::DELETE, &export::EXPORT, &forget::FORGET, &play::PLAY];

/// For [`ServiceCommand::enabled`]: there is history.
fn keeps_history(config: &crate::config::Config) -> bool {
    config.history.enabled
}

//! HistServ: history for users who read it as text, and its management by operators.

mod delete;
pub(in crate::engine) mod export;
pub(in crate::engine) mod forget;
mod play;

use super::ServiceCommand;
use crate::engine::context::service::ServiceName;

const HISTSERV: ServiceName = ServiceName::HistServ;

/// The operator capability for messages of other users.
const HISTORY: &str = "history";

pub(super) const ABOUT: &[&str] = &["HistServ provides commands for message history."];

/// All commands, by name.
pub(super) static COMMANDS: &[&ServiceCommand] =
    &[&delete::DELETE, &export::EXPORT, &forget::FORGET, &play::PLAY];

/// For [`ServiceCommand::enabled`].
fn is_history_enabled(config: &crate::config::Config) -> bool {
    config.history.enabled
}

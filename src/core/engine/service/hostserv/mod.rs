//! HostServ: vhosts, which accounts show instead of the cloak, and the secret from which cloaks are computed.

mod secret;
mod vhost;

use super::ServiceCommand;
use crate::engine::context::service::ServiceName;

const HS: ServiceName = ServiceName::HostServ;

/// The operator capability for managing vhosts.
const VHOSTS: &str = "vhosts";

pub(super) const ABOUT: &[&str] = &[
    "HostServ lets you manage your vhost: a custom hostname that operators",
    "assign to an account and that is shown instead of its real hostname.",
];

/// All commands, by name.
pub(super) static COMMANDS: &[&ServiceCommand] =
    &[&vhost::DEL, &vhost::OFF, &vhost::ON, &vhost::SET, &secret::SETCLOAKSECRET, &vhost::STATUS];

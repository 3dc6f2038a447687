//! HostServ: hosts that accounts show instead of the cloak, and the secret that cloaks are made with.

mod secret;
mod vhost;

use super::Command;
use crate::engine::context::service::ServiceName;

const HS: ServiceName = ServiceName::HostServ;

/// The operator capability for giving vhosts.
const VHOSTS: &str = "vhosts";

pub(super) const ABOUT: &[&str] = &[
    "HostServ knows vhosts: a host that operators give to an account, shown",
    "instead of where its user really connects from.",
];

/// All commands, by name.
pub(super) static COMMANDS: &[&Command] =
    &[&vhost::DEL, &vhost::OFF, &vhost::ON, &vhost::SET, &secret::SETCLOAKSECRET, &vhost::STATUS];

//! Programs that the server queries: `server.ip-check-script` and `accounts.auth-script`.

use std::time::Duration;

use crate::config::yaml::read::{boolean, count, duration, list, text};
use crate::config::yaml::section::section;

section! {
    /// `server.ip-check-script`: decides whether an address may connect.
    IpCheckScript {
        /// Whether it is queried.
        enabled: bool [boolean] = false,
        /// The program; instead of `socket`.
        command: String [text] = String::new(),
        /// Its arguments.
        args: Vec<String> [list(text)] = Vec::new(),
        /// Unix domain socket of a service that answers instead.
        socket: String [text] = String::new(),
        /// Time before the program is sent SIGTERM; 0 for the default.
        timeout: Duration [duration] = Duration::from_secs(9),
        /// Further time before it is killed.
        kill_timeout: Duration [duration] = Duration::from_secs(1),
        /// Maximum number of concurrent queries; 0 for no limit.
        max_concurrency: usize [count] = 64,
        /// Whether users who log in with SASL are not checked.
        exempt_sasl: bool [boolean] = false,
    }
}

section! {
    /// `accounts.auth-script`: checks logins.
    AuthScript {
        /// Whether it is queried.
        enabled: bool [boolean] = false,
        /// The program; instead of `socket`.
        command: String [text] = String::new(),
        /// Its arguments.
        args: Vec<String> [list(text)] = Vec::new(),
        /// Unix domain socket of a service that answers instead.
        socket: String [text] = String::new(),
        /// Whether accounts are created for users the program accepts.
        autocreate: bool [boolean] = false,
        /// Time before the program is sent SIGTERM; 0 for the default.
        timeout: Duration [duration] = Duration::from_secs(9),
        /// Further time before it is killed.
        kill_timeout: Duration [duration] = Duration::from_secs(1),
        /// Maximum number of concurrent queries; 0 for no limit.
        max_concurrency: usize [count] = 64,
    }
}

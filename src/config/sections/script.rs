//! Programs that the server asks: `server.ip-check-script` and `accounts.auth-script`.

use std::time::Duration;

use crate::config::yaml::read::{boolean, count, duration, list, text};
use crate::config::yaml::section::section;

section! {
    /// `server.ip-check-script`: judges the address of a new connection.
    IpCheckScript {
        /// Whether it is asked.
        enabled: bool [boolean] = false,
        /// The program; instead of `socket`.
        command: String [text] = String::new(),
        /// Its arguments.
        args: Vec<String> [list(text)] = Vec::new(),
        /// Unix socket of a service that answers in its place.
        socket: String [text] = String::new(),
        /// How long it may take before it is asked to end; 0 is the default.
        timeout: Duration [duration] = Duration::from_secs(9),
        /// How much longer before it is killed.
        kill_timeout: Duration [duration] = Duration::from_secs(1),
        /// How many may run at a time; 0 is no limit.
        max_concurrency: usize [count] = 64,
        /// Whether those who log in are let in unasked.
        exempt_sasl: bool [boolean] = false,
    }
}

section! {
    /// `accounts.auth-script`: checks logins.
    AuthScript {
        /// Whether it is asked.
        enabled: bool [boolean] = false,
        /// The program; instead of `socket`.
        command: String [text] = String::new(),
        /// Its arguments.
        args: Vec<String> [list(text)] = Vec::new(),
        /// Unix socket of a service that answers in its place.
        socket: String [text] = String::new(),
        /// Whether an account it knows and the server does not is made.
        autocreate: bool [boolean] = false,
        /// How long it may take before it is asked to end; 0 is the default.
        timeout: Duration [duration] = Duration::from_secs(9),
        /// How much longer before it is killed.
        kill_timeout: Duration [duration] = Duration::from_secs(1),
        /// How many may run at a time; 0 is no limit.
        max_concurrency: usize [count] = 64,
    }
}

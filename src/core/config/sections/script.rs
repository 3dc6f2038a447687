//! Programs that the server queries: `server.ip-check-script` and `accounts.auth-script`.

use std::time::Duration;

use crate::config::yaml::read::{boolean, count, duration, list, text};
use crate::config::yaml::section::section;

/// Defines a section for a program: one key, and those that all such programs have.
macro_rules! script {
    ($(#[$meta:meta])* $name:ident { $($key:tt)* }) => {
        section! {
            $(#[$meta])*
            $name {
                /// Whether it is queried.
                enabled: bool [boolean] = false,
                /// The program; instead of `socket`.
                command: String [text] = String::new(),
                /// Its arguments.
                args: Vec<String> [list(text)] = Vec::new(),
                /// Unix domain socket of a service; instead of `command`.
                socket: String [text] = String::new(),
                /// Time before the program is sent SIGTERM; 0 for the default.
                timeout: Duration [duration] = Duration::from_secs(9),
                /// Further time before it is killed.
                kill_timeout: Duration [duration] = Duration::from_secs(1),
                /// Maximum number of concurrent queries; 0 for no limit.
                max_concurrency: usize [count] = 64,
                $($key)*
            }
        }
    };
}

script! {
    /// `server.ip-check-script`: decides whether an address may connect.
    IpCheckScript {
        /// Whether users who log in with SASL are not checked.
        exempt_sasl: bool [boolean] = false,
    }
}

script! {
    /// `accounts.auth-script`: checks logins.
    AuthScript {
        /// Whether accounts are created for users the program accepts.
        autocreate: bool [boolean] = false,
    }
}

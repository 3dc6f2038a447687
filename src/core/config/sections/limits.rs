//! `limits` and `fakelag`: lengths, sizes and rates.

use std::time::Duration;

use indexmap::IndexMap;

use crate::config::yaml::read::{boolean, capped, count, duration, map};
use crate::config::yaml::section::section;

/// The highest limit for names: a name must fit in a line of 512 bytes with the rest of a message.
const NAME_BYTES_MAX: usize = 400;
/// The highest limit for texts. The line length is the effective limit.
const TEXT_BYTES_MAX: usize = 65_536;

section! {
    /// `limits`: lengths in bytes, and sizes of lists.
    Limits {
        /// Maximum nickname length; at least 1.
        nicklen: usize [capped(1..=NAME_BYTES_MAX)] = 32,
        /// Maximum username length; 0 for 20.
        identlen: usize [capped(0..=NAME_BYTES_MAX)] = 20,
        /// Maximum realname length; 0 for no limit other than the line length.
        realnamelen: usize [capped(0..=TEXT_BYTES_MAX)] = 0,
        /// Maximum channel name length; at least 2.
        channellen: usize [capped(2..=NAME_BYTES_MAX)] = 64,
        /// Maximum away message length; at least 1.
        awaylen: usize [capped(1..=TEXT_BYTES_MAX)] = 390,
        /// Maximum kick message length; at least 1.
        kicklen: usize [capped(1..=TEXT_BYTES_MAX)] = 390,
        /// Maximum topic length; at least 1.
        topiclen: usize [capped(1..=TEXT_BYTES_MAX)] = 390,
        /// Maximum number of nicknames a session can MONITOR; 0 disables the command.
        monitor_entries: usize [count] = 100,
        /// Number of past nicknames available to WHOWAS.
        whowas_entries: usize [count] = 100,
        /// Maximum number of entries per channel list (bans, exceptions, invite exceptions); 0 for 100.
        chan_list_modes: usize [count] = 100,
        /// Maximum number of lines before registration is complete; 0 for 1024.
        registration_messages: usize [count] = 1024,
        /// Multiline messages.
        multiline: Multiline,
    }
}

section! {
    /// `limits.multiline`: multiline messages.
    Multiline {
        /// Maximum size in bytes; 0 disables them.
        max_bytes: usize [count] = 0,
        /// Maximum number of lines; 0 for no limit other than the size.
        max_lines: usize [count] = 0,
    }
}

section! {
    /// `fakelag`: how fast a client's commands are processed.
    Fakelag {
        /// Whether fast clients are slowed down.
        enabled: bool [boolean] = false,
        /// The window of `messages-per-window`; 0 for one second.
        window: Duration [duration] = Duration::from_secs(1),
        /// Commands allowed in a burst; 0 for 5.
        burst_limit: usize [count] = 5,
        /// Commands per window after a burst; 0 for 2.
        messages_per_window: usize [count] = 2,
        /// Time without commands after which a burst is allowed again; 0 for two seconds.
        cooldown: Duration [duration] = Duration::from_secs(2),
        /// Number of times per connection that a command is exempt.
        command_budgets: IndexMap<String, usize> [map(count)] = IndexMap::new(),
    }
}

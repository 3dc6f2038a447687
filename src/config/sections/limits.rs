//! `limits` and `fakelag`: how much, how long, how fast.

use std::time::Duration;

use indexmap::IndexMap;

use crate::config::yaml::read::{boolean, capped, count, duration, map};
use crate::config::yaml::section::section;

/// Longest name that can be allowed: it must fit in a line of 512 bytes with what else is said.
const NAME_BYTES_MAX: usize = 400;
/// Longest text that can be allowed. The line is the limit in the end.
const TEXT_BYTES_MAX: usize = 65_536;

section! {
    /// `limits`: lengths in bytes, and sizes of lists.
    Limits {
        /// Of a nickname. 1 or more.
        nicklen: usize [capped(1..=NAME_BYTES_MAX)] = 32,
        /// Of a username; 0 is 20.
        identlen: usize [capped(0..=NAME_BYTES_MAX)] = 20,
        /// Of a real name; 0 is no limit but the line's.
        realnamelen: usize [capped(0..=TEXT_BYTES_MAX)] = 0,
        /// Of a channel's name. 2 or more.
        channellen: usize [capped(2..=NAME_BYTES_MAX)] = 64,
        /// Of an away message. 1 or more.
        awaylen: usize [capped(1..=TEXT_BYTES_MAX)] = 390,
        /// Of the reason for a kick. 1 or more.
        kicklen: usize [capped(1..=TEXT_BYTES_MAX)] = 390,
        /// Of a topic. 1 or more.
        topiclen: usize [capped(1..=TEXT_BYTES_MAX)] = 390,
        /// Nicknames a session may monitor; 0 turns MONITOR off.
        monitor_entries: usize [count] = 100,
        /// Nicknames that were in use of late, for WHOWAS.
        whowas_entries: usize [count] = 100,
        /// Entries of each list of a channel: bans, exceptions, invite exceptions; 0 is 100.
        chan_list_modes: usize [count] = 100,
        /// Lines before registration must be complete; 0 is 1024.
        registration_messages: usize [count] = 1024,
        /// Messages of several lines.
        multiline: Multiline,
    }
}

section! {
    /// `limits.multiline`: messages of several lines.
    Multiline {
        /// Bytes; 0 turns them off.
        max_bytes: usize [count] = 0,
        /// Lines; 0 is no limit but the bytes.
        max_lines: usize [count] = 0,
    }
}

section! {
    /// `fakelag`: how fast a client's commands are read.
    Fakelag {
        /// Whether they are slowed down.
        enabled: bool [boolean] = false,
        /// The unit of time of `messages-per-window`.
        window: Duration [duration] = Duration::from_secs(1),
        /// Commands at once after a rest.
        burst_limit: usize [count] = 5,
        /// Commands per window after those.
        messages_per_window: usize [count] = 2,
        /// How long a rest is.
        cooldown: Duration [duration] = Duration::from_secs(2),
        /// How often a connection may use a command at no cost.
        command_budgets: IndexMap<String, usize> [map(count)] = IndexMap::new(),
    }
}

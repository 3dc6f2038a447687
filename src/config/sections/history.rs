//! `history`: what was said, and for how long it is kept.

use std::time::Duration;

use crate::config::yaml::read::{boolean, count, duration, filled, list, size, text, word};
use crate::config::yaml::section::section;
use crate::config::yaml::value::{HistoryCutoff, PersistentStatus};

section! {
    /// `history`: what was said, and for how long it is kept.
    History {
        /// Whether anything is.
        enabled: bool [boolean] = false,
        /// Messages of a channel that are kept in memory.
        channel_length: usize [count] = 2048,
        /// Private messages of a user that are kept in memory.
        client_length: usize [count] = 256,
        /// Age above which messages do not make the store in memory grow; 0 is full size from the start.
        autoresize_window: Duration [duration] = Duration::ZERO,
        /// Messages shown on JOIN to clients that cannot ask for them.
        autoreplay_on_join: usize [count] = 0,
        /// Messages per CHATHISTORY; 0 turns the command off.
        chathistory_maxmessages: usize [count] = 1000,
        /// Messages per ZNC playback; 0 is as many as per CHATHISTORY.
        znc_maxmessages: usize [count] = 0,
        /// What is not shown.
        restrictions: Restrictions,
        /// What goes to a database.
        persistent: Persistent,
        /// What can be taken back.
        retention: Retention,
        /// Which messages without text are kept.
        tagmsg_storage: TagmsgStorage,
    }
}

section! {
    /// `history.restrictions`: what is not shown.
    Restrictions {
        /// Age above which messages are deleted; 0 is never.
        expire_time: Duration [duration] = Duration::ZERO,
        /// From when on a user may see what was said in a channel.
        query_cutoff: HistoryCutoff [word] = HistoryCutoff::None,
        /// How much earlier than that still counts.
        grace_period: Duration [duration] = Duration::ZERO,
    }
}

section! {
    /// `history.persistent`: what goes to a database.
    Persistent {
        /// Whether anything does.
        enabled: bool [boolean] = false,
        /// Whether channels that are not registered do.
        unregistered_channels: bool [boolean] = false,
        /// Whether channels that are registered do.
        registered_channels: PersistentStatus [word] = PersistentStatus::Disabled,
        /// Whether private messages do.
        direct_messages: PersistentStatus [word] = PersistentStatus::Disabled,
        /// How often what waits for the database is made durable; 0 is before anything is said.
        sync_interval: Duration [duration] = Duration::from_millis(500),
        /// Directory of what waits for the database; not set, it lies beside `datastore.path`.
        spool_path: Option<String> [filled] = None,
        /// How much may wait there, in bytes.
        spool_max_size: usize [size] = 1 << 30,
    }
}

section! {
    /// `history.retention`: what can be taken back.
    Retention {
        /// Whether users can delete their messages.
        allow_individual_delete: bool [boolean] = false,
        /// Whether all messages of an account can be found, to export or delete them.
        enable_account_indexing: bool [boolean] = false,
    }
}

section! {
    /// `history.tagmsg-storage`: which messages without text are kept.
    TagmsgStorage {
        /// Whether those with none of the tags below are.
        default: bool [boolean] = false,
        /// Tags with which they are.
        whitelist: Vec<String> [list(text)] = Vec::new(),
        /// Tags with which they are not.
        blacklist: Vec<String> [list(text)] = Vec::new(),
    }
}

//! `history`: message history.

use std::time::Duration;

use crate::config::yaml::read::{boolean, count, duration, filled, list, size, text, word};
use crate::config::yaml::section::section;
use crate::config::yaml::value::{HistoryCutoff, PersistentStatus};

section! {
    /// `history`: message history.
    History {
        /// Whether history is enabled.
        enabled: bool [boolean] = false,
        /// Messages kept in memory per channel.
        channel_length: usize [count] = 2048,
        /// Direct messages kept in memory per user.
        client_length: usize [count] = 256,
        /// A buffer that covers more than this time does not grow; 0 disables this.
        autoresize_window: Duration [duration] = Duration::ZERO,
        /// Messages sent on JOIN to clients without CHATHISTORY.
        autoreplay_on_join: usize [count] = 0,
        /// Maximum number of messages per CHATHISTORY request; 0 disables the command.
        chathistory_maxmessages: usize [count] = 1000,
        /// Maximum number of messages per ZNC playback request; 0 for the same as CHATHISTORY.
        znc_maxmessages: usize [count] = 0,
        /// Limits on the messages that users can read.
        restrictions: Restrictions,
        /// Storage of messages in a database.
        persistent: Persistent,
        /// Deletion of messages.
        retention: Retention,
        /// Which messages without text are stored.
        tagmsg_storage: TagmsgStorage,
    }
}

section! {
    /// `history.restrictions`: limits on the messages that users can read.
    Restrictions {
        /// Age at which messages are deleted; 0 for never.
        expire_time: Duration [duration] = Duration::ZERO,
        /// How far back users can read.
        query_cutoff: HistoryCutoff [word] = HistoryCutoff::None,
        /// Grace period before that cutoff.
        grace_period: Duration [duration] = Duration::ZERO,
    }
}

section! {
    /// `history.persistent`: storage of messages in a database.
    Persistent {
        /// Whether messages are stored.
        enabled: bool [boolean] = false,
        /// Whether unregistered channels are stored.
        unregistered_channels: bool [boolean] = false,
        /// Whether registered channels are stored.
        registered_channels: PersistentStatus [word] = PersistentStatus::Disabled,
        /// Whether direct messages are stored.
        direct_messages: PersistentStatus [word] = PersistentStatus::Disabled,
        /// How often messages waiting for the database are synced to disk; 0 for before each delivery.
        sync_interval: Duration [duration] = Duration::from_millis(500),
        /// Directory of the messages waiting for the database; if absent, next to `datastore.path`.
        spool_path: Option<String> [filled] = None,
        /// Maximum size of that directory, in bytes; 0 for 1 GiB.
        spool_max_size: usize [size] = 1 << 30,
    }
}

section! {
    /// `history.retention`: deletion of messages.
    Retention {
        /// Whether users can delete their own messages.
        allow_individual_delete: bool [boolean] = false,
        /// Whether messages are indexed by account, to be exported or deleted together.
        enable_account_indexing: bool [boolean] = false,
    }
}

section! {
    /// `history.tagmsg-storage`: which messages without text are stored.
    TagmsgStorage {
        /// Whether messages with none of the tags below are stored.
        default: bool [boolean] = false,
        /// Tags that cause a message to be stored.
        whitelist: Vec<String> [list(text)] = Vec::new(),
        /// Tags that prevent a message from being stored.
        blacklist: Vec<String> [list(text)] = Vec::new(),
    }
}

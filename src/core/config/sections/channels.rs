//! `channels` and `roleplay`.

use std::time::Duration;

use crate::config::yaml::read::{boolean, count, duration, list, text};
use crate::config::yaml::section::section;

section! {
    /// `channels`: creation and registration of channels.
    Channels {
        /// Modes of new channels, as in `+nt`.
        default_modes: String [text] = "+nt".to_owned(),
        /// Maximum number of channels per user.
        max_channels_per_client: usize [count] = 100,
        /// Whether only server operators can create channels.
        operator_only_creation: bool [boolean] = false,
        /// Channel registration.
        registration: ChannelRegistration,
        /// Time after connecting before LIST can be used.
        list_delay: Duration [duration] = Duration::ZERO,
        /// Lifetime of invitations; 0 for no limit.
        invite_expiration: Duration [duration] = Duration::ZERO,
        /// Channels that every user joins on connect.
        auto_join: Vec<String> [list(text)] = Vec::new(),
    }
}

section! {
    /// `channels.registration`: channel registration.
    ChannelRegistration {
        /// Whether users can register channels.
        enabled: bool [boolean] = false,
        /// Whether only server operators can register channels.
        operator_only: bool [boolean] = false,
        /// Maximum number of registered channels per account.
        max_channels_per_account: usize [count] = 15,
    }
}

section! {
    /// `roleplay`: the roleplay commands.
    Roleplay {
        /// Whether they are enabled.
        enabled: bool [boolean] = false,
        /// Whether they are restricted to server operators.
        require_oper: bool [boolean] = false,
        /// Whether they are restricted to channel operators.
        require_chanops: bool [boolean] = false,
        /// Whether the sender's nickname is appended to the message.
        add_suffix: bool [boolean] = true,
        /// Source of NPC messages; the first `%s` is the character, the second the sender's nickname.
        npc_nick_mask: String [text] = "*%s*!%s@npc.fakeuser.invalid".to_owned(),
        /// Source of SCENE messages; `%s` is the sender's nickname.
        scene_nick_mask: String [text] = "=Scene=!%s@npc.fakeuser.invalid".to_owned(),
    }
}

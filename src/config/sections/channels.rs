//! `channels` and `roleplay`.

use std::time::Duration;

use crate::config::yaml::read::{boolean, count, duration, list, text};
use crate::config::yaml::section::section;

section! {
    /// `channels`: how channels come to be.
    Channels {
        /// Modes of a new channel, as in `+nt`.
        default_modes: String [text] = "+nt".to_owned(),
        /// How many a user may be in.
        max_channels_per_client: usize [count] = 100,
        /// Whether only server operators can make one.
        operator_only_creation: bool [boolean] = false,
        /// Keeping channels.
        registration: ChannelRegistration,
        /// How long after connecting LIST is not answered.
        list_delay: Duration [duration] = Duration::ZERO,
        /// How long an invitation is good; 0 is for ever.
        invite_expiration: Duration [duration] = Duration::ZERO,
        /// Channels that everyone who connects is in.
        auto_join: Vec<String> [list(text)] = Vec::new(),
    }
}

section! {
    /// `channels.registration`: keeping channels.
    ChannelRegistration {
        /// Whether users can register channels.
        enabled: bool [boolean] = false,
        /// Whether only server operators can.
        operator_only: bool [boolean] = false,
        /// How many an account can have.
        max_channels_per_account: usize [count] = 15,
    }
}

section! {
    /// `roleplay`: speaking as someone made up.
    Roleplay {
        /// Whether it is possible.
        enabled: bool [boolean] = false,
        /// Whether only server operators can.
        require_oper: bool [boolean] = false,
        /// Whether only channel operators can.
        require_chanops: bool [boolean] = false,
        /// Whether the speaker's nickname follows the text.
        add_suffix: bool [boolean] = true,
        /// Source of what someone says, with `%s` for their name and then for the speaker's nickname.
        npc_nick_mask: String [text] = "*%s*!%s@npc.fakeuser.invalid".to_owned(),
        /// Source of what happens, with `%s` for the speaker's nickname.
        scene_nick_mask: String [text] = "=Scene=!%s@npc.fakeuser.invalid".to_owned(),
    }
}

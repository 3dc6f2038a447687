//! The table of phrases: id and English text. `{0}` … stand for arguments.

macro_rules! phrases {
    ($($id:ident = $english:literal),* $(,)?) => {
        /// Something the server says in words.
        #[allow(missing_docs, non_camel_case_types, clippy::upper_case_acronyms)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Phrase { $($id),* }

        impl Phrase {
            /// All of them.
            pub const ALL: &'static [Phrase] = &[$(Phrase::$id),*];

            /// The id that catalogues use.
            pub fn id(self) -> &'static str {
                match self { $(Phrase::$id => stringify!($id)),* }
            }

            /// The English text.
            pub fn english(self) -> &'static str {
                match self { $(Phrase::$id => $english),* }
            }
        }
    };
}

phrases! {
    // registration
    WELCOME = "Welcome to the {0} IRC network, {1}",
    YOUR_HOST = "Your host is {0}, running version {1}",
    CREATED = "This server was created {0}",
    ARE_SUPPORTED = "are supported by this server",
    NOT_REGISTERED = "You need to register before you can use that command",
    ALREADY_REGISTERED = "You may not reregister",
    PASSWORD_INCORRECT = "Password incorrect",
    MALFORMED_USERNAME = "Malformed username",
    REGISTRATION_TIMEOUT = "Registration timeout",
    TOO_MANY_LINES_BEFORE_REGISTRATION = "You have sent too many registration messages",
    // the line itself
    UNKNOWN_COMMAND = "Unknown command",
    NOT_ENOUGH_PARAMETERS = "Not enough parameters",
    INPUT_TOO_LONG = "Input line too long",
    INVALID_UTF8 = "Message rejected for containing invalid UTF-8",
    INTERNAL_ERROR = "The command failed inside the server; this has been logged",
    SERVER_BUSY = "The server is too busy for that; please try again",
    UNKNOWN_CAP_COMMAND = "Invalid CAP command",
    // nicks
    NO_NICKNAME_GIVEN = "No nickname given",
    ERRONEOUS_NICKNAME = "Erroneous nickname",
    NICKNAME_IN_USE = "Nickname is already in use",
    NICKNAME_RESERVED = "That nickname is reserved for an account",
    NICK_IS_ACCOUNT = "Your nickname must be the name of your account, {0}",
    GUESTS_KEEP_NICKS = "Only those with an account may change their nickname here",
    NO_SUCH_NICK = "No such nick",
    NO_SUCH_NICK_OR_CHANNEL = "No such nick/channel",
    NO_SUCH_SERVER = "No such server",
    WAS_NO_SUCH_NICK = "There was no such nickname",
    // channels
    NO_SUCH_CHANNEL = "No such channel",
    TOO_MANY_CHANNELS = "You have joined too many channels",
    NOT_ON_CHANNEL = "You're not on that channel",
    USER_NOT_IN_CHANNEL = "They aren't on that channel",
    USER_ON_CHANNEL = "is already on channel",
    CHANNEL_IS_FULL = "Cannot join channel (+l)",
    INVITE_ONLY = "Cannot join channel (+i)",
    BANNED = "Cannot join channel (+b)",
    BAD_CHANNEL_KEY = "Cannot join channel (+k)",
    CREATION_RESTRICTED = "Only operators can create channels here",
    NOT_CHANNEL_OPERATOR = "You're not a channel operator",
    CANNOT_SEND = "Cannot send to channel ({0})",
    NO_TOPIC = "No topic is set",
    END_OF_NAMES = "End of NAMES list",
    END_OF_LIST = "End of LIST",
    LIST_TOO_EARLY = "Please wait {0} seconds after connecting before you use LIST",
    // modes
    UNKNOWN_MODE = "is an unknown mode character to me",
    INVALID_MODE_PARAMETER = "Invalid mode parameter",
    BAN_LIST_FULL = "Channel list is full",
    MASK_ALREADY_SET = "Channel list already contains that mask",
    MASK_NOT_SET = "Channel list does not contain that mask",
    END_OF_BAN_LIST = "End of channel ban list",
    END_OF_EXCEPT_LIST = "End of channel exception list",
    END_OF_INVEX_LIST = "End of channel invite exception list",
    USERS_DONT_MATCH = "Can't change modes for other users",
    // messages
    NO_RECIPIENT = "No recipient given",
    NO_TEXT = "No text to send",
    TOO_MANY_TARGETS = "Too many targets",
    // away
    NO_LONGER_AWAY = "You are no longer marked as being away",
    NOW_AWAY = "You have been marked as being away",
    // queries
    END_OF_WHO = "End of WHO list",
    END_OF_WHOIS = "End of WHOIS list",
    END_OF_WHOWAS = "End of WHOWAS",
    WHOIS_IDLE = "seconds idle, signon time",
    WHOIS_SECURE = "is using a secure connection",
    WHOIS_BOT = "is a bot on {0}",
    WHOIS_ACTUALLY = "actual username@host, actual IP",
    WHOIS_MODES = "is using modes {0}",
    WHOIS_ACCOUNT = "is logged in as",
    WHOIS_CERTFP = "has client certificate fingerprint {0}",
    USERS_VISIBLE = "There are {0} users and {1} invisible on {2} server(s)",
    OPERATORS_ONLINE = "IRC Operators online",
    UNREGISTERED_CONNECTIONS = "unregistered connections",
    CHANNELS_FORMED = "channels formed",
    CLIENTS_AND_SERVERS = "I have {0} clients and {1} servers",
    LOCAL_USERS = "Current local users {0}, max {1}",
    GLOBAL_USERS = "Current global users {0}, max {1}",
    NO_MOTD = "MOTD File is missing",
    MOTD_START = "- {0} Message of the day -",
    END_OF_MOTD = "End of MOTD command",
    INFO_VERSION = "{0} runs {1}",
    INFO_STARTED = "It was started {0}",
    END_OF_INFO = "End of INFO list",
    HELP_INDEX = "HELP followed by one of these names tells more",
    HELP_NOT_FOUND = "Help not found",
    END_OF_HELP = "End of HELP",
    SUMMON_DISABLED = "SUMMON has been disabled",
    USERS_DISABLED = "USERS has been disabled",
    // operators
    YOU_ARE_OPER = "You are now an IRC operator",
    ALREADY_OPER = "You are an IRC operator already",
    NO_OPER = "No O-lines for your host",
    NO_PRIVILEGES = "Permission Denied - You're not an IRC operator",
    NO_PRIVILEGE = "Insufficient oper privileges.",
    OPER_THROTTLED = "You must wait {0} seconds before you try OPER again",
    // standard replies
    ACCOUNT_REQUIRED = "You must be logged into an account",
    PARAMETERS_INVALID = "Invalid parameters",
    TARGET_INVALID = "Invalid target",
    TIMESTAMP_INVALID = "Invalid timestamp",
    REALNAME_INVALID = "Realname is not valid",
    // services
    SERVICE_SEE_HELP = "To see what I can do: /msg {0} HELP",
    SERVICE_UNKNOWN_COMMAND = "Unknown command. To see available commands: /msg {0} HELP",
    SERVICE_BAD_PARAMETERS = "Invalid parameters. For usage: /msg {0} HELP {1}",
    SERVICE_LOGIN_FIRST = "You must be logged in to an account to do that",
    SERVICE_NO_PRIVILEGE = "Command restricted to operators with the right privilege",
    SERVICE_HELP_MORE = "For more on a command: /msg {0} HELP <command>",
    SERVICE_HELP_END = "End of HELP",
    SERVICE_NO_HELP = "No help on that. To see available commands: /msg {0} HELP",
    SERVICE_SYNTAX = "Syntax: {0}",
    SERVICE_ALIASES = "Also known as: {0}",
    SERVICE_CONFIRM = "To confirm, run this command: /msg {0} {1}",
    REGEX_INVALID = "That is no regular expression",
    SERVICE_LIST_END = "End of list",
    // NickServ
    NO_SUCH_ACCOUNT = "No such account",
    ACCOUNT_NAME_RETIRED = "That name is kept for an account that is gone",
    NICK_IS_YOURS = "That nick is yours already",
    TOO_MANY_NICKS = "Your account has as many nicks as it may have; you can remove some with DROP",
    NICK_GROUPED = "The nick {0} belongs to your account now",
    NICK_NOT_GROUPED = "The nick {0} does not belong to the account",
    NICK_IS_ACCOUNT_NAME = "The name of an account cannot be taken away from it",
    NICK_UNGROUPED = "The nick {0} does not belong to the account any more",
    NICK_NOT_YOURS = "You don't own that nick",
    CANNOT_GHOST_SELF = "You can't GHOST yourself (try /QUIT instead)",
    CANNOT_GHOST_ALWAYS_ON = "You can't GHOST an always-on client",
    GHOSTED = "{0} has been disconnected",
    // ChanServ
    CHANNEL_NOT_REGISTERED = "{0} is not registered",
    CHANNEL_IS_REGISTERED = "{0} is registered already",
    NO_CHANNEL_PRIVILEGE = "You may not do that to this channel",
    TOO_MANY_REGISTERED = "You have {0} channels, as many as you may have; you can give one up with UNREGISTER",
    NOT_IN_THAT_CHANNEL = "{0} is not in that channel",
    NO_STORED_RANK = "No rank comes with your account in that channel",
    FOUNDER_ONLY = "Only the founder of the channel can do that",
    RANK_GIVEN = "{0} has +{1} in {2}",
    NO_RANK_TO_TAKE = "There is no rank to take away",
    RANKS_TAKEN = "The ranks have been taken away",
    REGISTRATION_RESTRICTED = "Only server operators can register channels here",
    REGISTER_NEEDS_OP = "You must be an operator of the channel to register it",
    CHANNEL_REGISTERED = "The channel {0} is yours now",
    CHANNEL_UNREGISTER_WARNING = "Careful: all that is kept about the channel will be forgotten",
    CHANNEL_UNREGISTERED = "The channel {0} is not registered any more",
    NOT_A_RANK = "{0} is not a change of one rank, such as +o",
    AMODE_COUNT = "Accounts with a rank in {0}: {1}",
    AMODE_ENTRY = "{0} gets +{1}",
    AMODE_CHANGED = "{0} for {1} in {2} is kept from now on",
    AMODES_FULL = "No more than {0} accounts can have a rank in a channel",
    NOTHING_CHANGED = "That is so already",
    CHANNEL_CLEARED = "{0} has been cleared",
    TRANSFER_WARNING = "Careful: someone else will have power over your channel",
    TRANSFER_CANCELLED = "{0} is offered to nobody",
    TRANSFERRED = "{0} belongs to the account {1} now",
    TRANSFER_OFFERED = "{0} has been offered to the account {1}, which has to accept",
    TRANSFER_OFFER = "You are offered the channel {0}. To accept: /msg ChanServ TRANSFER ACCEPT {0}",
    TRANSFER_NOT_OFFERED = "{0} was not offered to you",
    TRANSFER_ACCEPTED = "{0} is yours now",
    NOT_A_CHANNEL_NAME = "That cannot be the name of a channel",
    PURGE_WARNING = "Careful: everyone will be thrown out of the channel, and nobody can enter it again",
    PURGED = "Nobody can use {0} any more",
    ALREADY_PURGED = "{0} has been closed already",
    NOT_PURGED = "{0} has not been closed",
    UNPURGED = "{0} can be used again",
    CHANNEL_IS_PURGED = "{0} was closed by the operators of the server",
    PURGE_DETAILS = "Closed by {0} at {1}: {2}",
    CHANNELS_OF_ACCOUNT = "Channels of {0}: {1}",
    CHANNEL_INFO = "{0} was registered by {1} at {2}",
    NO_SUCH_SETTING = "There is no setting {0}",
    BAD_SETTING_VALUE = "{0} is not a value of that setting",
    CHANNEL_SETTING = "{0} of {1} is {2}",
    BAN_BY_WHOWAS = "{0} is not here; this is what was last known, and may not hold any more",
    BAN_PROPOSAL = "To ban {0}: {1}",
    BAN_THEN_KICK = "Who is in the channel stays until you /KICK them",
    BAN_OF_FOUNDER = "{0} is the founder and cannot be banned",
    BAN_OF_RANK = "{0} has a rank by AMODE, which has to be taken away first: no ban holds against it",
    BAN_HITS_OTHERS = "Careful: it bans {0} more members",
    // HostServ
    NO_VHOST = "The account has no vhost",
    VHOST_ON = "Your vhost is shown",
    VHOST_OFF = "Your vhost is not shown",
    VHOST_IS = "{0} has the vhost {1}",
    VHOST_IS_OFF = "It is switched off; its owner can show it with /msg HostServ ON",
    VHOST_INVALID = "That is too long or has characters that a vhost may not have",
    VHOST_SET = "{0} has the vhost {1} now",
    VHOST_DELETED = "{0} has no vhost any more",
    CLOAK_SECRET_WARNING = "Careful: all cloaks will be others, and bans on the old ones hold no more",
    CLOAK_SECRET_SET = "The secret is kept; it takes effect at the next REHASH or start",
    CLOAK_SECRET_IN_CONFIG = "The configuration has a secret of its own, `server.ip-cloaking.secret`, which takes precedence",
    // languages
    LANGUAGES_ARE = "Language preferences have been set",
    TOO_MANY_LANGUAGES = "Too many languages specified",
    LANGUAGE_UNKNOWN = "Language {0} is not supported by this server",
}

impl Phrase {
    /// Looks an id up.
    pub fn by_id(id: &str) -> Option<Phrase> {
        Phrase::ALL.iter().copied().find(|phrase| phrase.id() == id)
    }
}

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
    NICK_CANNOT_CHANGE = "That nickname cannot be changed",
    NICK_IS_THE_SAME = "That is the nickname already",
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
    REGISTERED_ONLY = "Cannot join channel (+R)",
    FORWARDED = "Forwarding to another channel",
    NOT_INVITE_ONLY = "Channel is not invite-only",
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
    REGISTERED_ONLY_MESSAGES = "You must be logged in to send a direct message to this user",
    TOO_MANY_TARGETS = "Too many targets",
    ACCEPT_INVALID_USER = "No such user",
    // monitor
    MONITOR_LIST_FULL = "Monitor list is full.",
    END_OF_MONITOR_LIST = "End of MONITOR list",
    UNKNOWN_MONITOR_COMMAND = "Unknown MONITOR subcommand",
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
    SNOMASKS_ARE = "Server notices",
    REHASHING = "Rehashing",
    ALREADY_OPER = "You are an IRC operator already",
    NO_OPER = "No O-lines for your host",
    NO_PRIVILEGES = "Permission Denied - You're not an IRC operator",
    NO_PRIVILEGE = "Insufficient oper privileges.",
    OPER_THROTTLED = "You must wait {0} seconds before you try OPER again",
    BAN_TARGET_INVALID = "This is nothing that can be banned",
    BAN_COVERS_YOU = "This ban covers you; put MYSELF first if you mean it",
    NO_SUCH_BAN = "There is no such ban",
    TOO_MANY_BANS = "There are too many bans already",
    NO_OTHER_SERVERS = "There are no other servers",
    DEFCON_INVALID = "The level is a number from 1 to 5",
    // standard replies
    ACCOUNT_REQUIRED = "You must be logged into an account",
    PARAMETERS_INVALID = "Invalid parameters",
    TARGET_INVALID = "Invalid target",
    TIMESTAMP_INVALID = "Invalid timestamp",
    REALNAME_INVALID = "Realname is not valid",
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

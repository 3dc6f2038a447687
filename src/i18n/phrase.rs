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
    SERVICE_LIST_END = "End of the list",
    ALREADY_IDENTIFIED = "You're already logged into an account",
    ACCOUNT_CREATED = "Account created",
    ACCOUNT_CREATED_UNVERIFIED = "Account created, pending verification; a code has been sent to {0}",
    ACCOUNT_MADE = "Successfully registered account {0}",
    ACCOUNT_IS = "Account: {0}",
    ACCOUNT_REGISTERED_AT = "Registered at: {0}",
    ACCOUNT_IS_UNVERIFIED = "It has not been verified yet",
    ACCOUNT_EMAIL_IS = "E-mail address: {0}",
    ACCOUNT_NICK_IS = "Additional nick: {0}",
    ACCOUNT_CHANNEL_IS = "Registered channel: {0}",
    ACCOUNT_IS_VERIFIED = "Account {0} is verified already",
    ACCOUNT_VERIFIED = "Successfully verified account {0}",
    ACCOUNT_UNREGISTERED = "Successfully unregistered account {0}",
    ACCOUNT_RENAMED = "The account is called {0} now",
    RENAME_ONLY_CAPITALS = "Only capitals of an account's name can be changed",
    UNREGISTER_WARNING = "Unregistering deletes the account and gives up its channels; nobody can register the name again",
    ERASE_WARNING = "Erasing lets anyone register the name again; consider UNREGISTER instead",
    REGEX_INVALID = "That is no regular expression",
    DURATION_INVALID = "That is no duration; write it like 30m, 12h or 1w2d",
    ACCOUNT_SUSPENDED_NOW = "Successfully suspended account {0}",
    ACCOUNT_UNSUSPENDED = "Account {0} is not suspended any more",
    ACCOUNT_NOT_SUSPENDED = "Account {0} is not suspended",
    SUSPENSIONS_ARE = "There are {0} suspended accounts",
    CERTIFICATES_ARE = "Account {0} has {1} certificate fingerprints",
    CERTIFICATE_INVALID = "That is no certificate fingerprint",
    CERTIFICATE_TAKEN = "That certificate fingerprint belongs to another account",
    CERTIFICATE_PRESENT = "That certificate fingerprint is there already",
    TOO_MANY_CERTIFICATES = "There are too many certificate fingerprints already",
    CERTIFICATE_ADDED = "Certificate fingerprint successfully added",
    CERTIFICATE_ABSENT = "Certificate fingerprint not found",
    CERTIFICATE_NEEDED = "The last certificate fingerprint cannot be removed while there is no password",
    CERTIFICATE_REMOVED = "Certificate fingerprint successfully removed",
    CLIENTS_ARE = "{0} has {1} clients attached",
    NO_SUCH_CLIENT = "There is no client of that number",
    CLIENTS_LOGGED_OUT = "Clients logged out: {0}",
    NO_SUCH_SETTING = "No such setting; see HELP SET",
    SETTING_IS = "The setting {0} is: {1}",
    SETTING_COMES_TO = "Given the server's settings, that comes to: {0}",
    SETTING_VALUE_INVALID = "That value makes no sense for this setting; see HELP SET",
    SETTING_IS_FIXED = "That setting has been fixed by the server's administrators",
    SETTING_CHANGED = "Successfully changed your account settings",
    USE_PASSWD = "To change a password, use PASSWD",
    NICK_MUST_BE_ACCOUNT = "Your nick must be the name of your account, {0}, to change this setting",
    PASSWORDS_DIFFER = "Passwords do not match",
    PASSWORD_NEEDED = "You can't delete your password unless you add a certificate fingerprint",
    PASSWORD_WANTED = "You must supply your password",
    PASSWORD_CHANGED = "Password changed",
    PASSWORD_RESET_SENT = "A code for RESETPASS has been sent",
    ACCOUNT_HAS_NO_EMAIL = "That account has no e-mail address",
    TRY_LATER = "Try again later",
    CODE_WRONG = "That is not the code, or it has expired",
    EMAIL_NOT_VERIFIED_HERE = "E-mail verification is disabled",
    EMAIL_CODE_SENT = "Check your e-mail for the code, and send it with VERIFYEMAIL",
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

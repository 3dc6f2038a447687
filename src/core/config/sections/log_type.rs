//! The types of log records.

/// Defines [`LogType`] with the name of each type.
macro_rules! log_types {
    ($( $(#[$doc:meta])* $variant:ident = $name:literal, )*) => {
        /// The subject of a log record, by which a log selects records.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum LogType { $( $(#[$doc])* $variant, )* }

        impl LogType {
            /// All types, sorted by name.
            pub const ALL: &[LogType] = &[ $( LogType::$variant, )* ];

            /// Returns the name in configurations and records, which is also the `target` of `tracing`.
            pub const fn name(self) -> &'static str {
                match self { $( LogType::$variant => $name, )* }
            }
        }
    };
}

log_types! {
    /// Registrations, logins and changes of accounts.
    Accounts = "accounts",
    /// Requests to the HTTP API. No records yet.
    Api = "api",
    /// Channels that are created, and automatic joins that fail.
    Channels = "channels",
    /// Clients that register, and those that a ban rejects.
    Connect = "connect",
    /// Addresses of connections, and those that are rejected.
    ConnectIp = "connect-ip",
    /// The datastore.
    Datastore = "datastore",
    /// Stored history.
    History = "history",
    /// Faults of the server itself, and warnings of libraries.
    Internal = "internal",
    /// Listeners and TLS.
    Listeners = "listeners",
    /// No records; accepted because Ergo has it.
    Mysql = "mysql",
    /// Changes of nicks.
    Nick = "nick",
    /// Acts of operators.
    Opers = "opers",
    /// No records; accepted because Ergo has it.
    Postgres = "postgres",
    /// Users that leave.
    Quit = "quit",
    /// Start, rehash and configuration.
    Server = "server",
    /// Registrations of channels.
    Services = "services",
    /// The end of the server.
    Shutdown = "shutdown",
    /// No records; accepted because Ergo has it.
    Sqlite = "sqlite",
    /// Lines from clients.
    UserInput = "userinput",
    /// Lines to clients.
    UserOutput = "useroutput",
    /// Push messages. No records yet.
    Webpush = "webpush",
}

/// Names of types in older configurations.
const ALIASES: &[(&str, LogType)] =
    &[("localconnect", LogType::Connect), ("localconnect-ip", LogType::ConnectIp)];

impl LogType {
    /// Finds a type by its name in a configuration, in any case, or by its name in an older one.
    pub fn parse(word: &str) -> Option<LogType> {
        let named = LogType::ALL.iter().map(|kind| (kind.name(), *kind));
        let mut known = named.chain(ALIASES.iter().copied());
        known.find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, kind)| kind)
    }

    /// Finds a type by its exact name.
    pub fn named(name: &str) -> Option<LogType> {
        LogType::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name_and_the_old_ones_by_theirs() {
        for kind in LogType::ALL {
            assert_eq!(LogType::parse(&kind.name().to_uppercase()), Some(*kind));
            assert_eq!(LogType::named(kind.name()), Some(*kind));
        }
        assert!(LogType::ALL.is_sorted_by_key(|kind| kind.name()));
        assert_eq!(LogType::parse("LocalConnect-IP"), Some(LogType::ConnectIp));
        assert_eq!(LogType::named("localconnect"), None);
        assert_eq!(LogType::parse("*"), None);
    }
}

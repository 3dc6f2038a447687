//! `extjwt`, `authtoken`, `metadata`, `webpush` and `api`.

use std::time::Duration;

use indexmap::IndexMap;

use super::accounts::Throttle;
use super::listeners::KeyPair;
use crate::config::yaml::read::{boolean, count, duration, list, map, nested, nets, some, text, word};
use crate::config::yaml::section::section;
use crate::config::yaml::value::{JwtAlgorithm, Net};

section! {
    /// `extjwt`: signed tokens for external services, with the default keys.
    Extjwt {
        /// Lifetime of a token; 0 for 45 seconds.
        expiration: Duration [duration] = Duration::from_secs(45),
        /// Signature algorithm; if absent, there are no default tokens.
        algorithm: Option<JwtAlgorithm> [some(word)] = None,
        /// Secret or private key; instead of `key-file`.
        key: String [text] = String::new(),
        /// File with the key.
        key_file: String [text] = String::new(),
        /// Keys for individual services.
        services: IndexMap<String, TokenService> [map(nested)] = IndexMap::new(),
    }
}

section! {
    /// `authtoken`: signed tokens for known services.
    Authtoken {
        /// Whether tokens are issued.
        enabled: bool [boolean] = false,
        /// Networks from which tokens can be verified.
        verification_ip_whitelist: Vec<Net> [nets] = Vec::new(),
        /// The services.
        services: IndexMap<String, TokenService> [map(nested)] = IndexMap::new(),
    }
}

section! {
    /// A service that accepts signed tokens.
    TokenService {
        /// Lifetime of a token; 0 for 45 seconds.
        expiration: Duration [duration] = Duration::from_secs(45),
        /// Description of the service.
        description: String [text] = String::new(),
        /// URL of the service.
        url: String [text] = String::new(),
        /// Signature algorithm.
        algorithm: Option<JwtAlgorithm> [some(word)] = None,
        /// Secret or private key; instead of `key-file`.
        key: String [text] = String::new(),
        /// File with the key.
        key_file: String [text] = String::new(),
    }
}

section! {
    /// `metadata`: user and channel metadata.
    Metadata {
        /// Whether it is enabled.
        enabled: bool [boolean] = false,
        /// Whether only server operators can change it.
        operator_only_modification: bool [boolean] = false,
        /// Maximum number of keys a client can subscribe to.
        max_subs: usize [count] = 10,
        /// Maximum number of keys per user or channel.
        max_keys: usize [count] = 10,
        /// Maximum length of a value in bytes; 0 for no limit other than the line length.
        max_value_length: usize [count] = 0,
        /// Limit on changes per client.
        client_throttle: Throttle,
    }
}

section! {
    /// `webpush`: push notifications for users who are not connected.
    Webpush {
        /// Whether they are sent.
        enabled: bool [boolean] = false,
        /// Timeout for sending a notification.
        timeout: Duration [duration] = Duration::from_secs(10),
        /// How long to wait for the message to be read elsewhere first.
        delay: Duration [duration] = Duration::ZERO,
        /// Maximum number of devices per user.
        max_subscriptions: usize [count] = 1,
        /// Time after which an unused device is removed; at least three days.
        expiration: Duration [duration] = Duration::from_secs(14 * 86_400),
        /// Contact URL (`https:` or `mailto:`) for push services; empty for one derived from the server name.
        subscriber: String [text] = String::new(),
    }
}

section! {
    /// `api`: an HTTP API for other programs.
    Api {
        /// Whether it is enabled.
        enabled: bool [boolean] = false,
        /// Address to listen on.
        listener: String [text] = String::new(),
        /// Certificate and key; if absent, plaintext.
        tls: Option<KeyPair> [some(nested)] = None,
        /// Tokens that grant access.
        bearer_tokens: Vec<String> [list(text)] = Vec::new(),
    }
}

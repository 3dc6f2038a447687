//! `extjwt`, `authtoken`, `metadata`, `webpush` and `api`.

use std::time::Duration;

use indexmap::IndexMap;

use super::accounts::Throttle;
use super::listeners::KeyPair;
use crate::config::yaml::read::{boolean, count, duration, list, map, nested, nets, some, text, word};
use crate::config::yaml::section::section;
use crate::config::yaml::value::{JwtAlgorithm, Net};

section! {
    /// `extjwt`: signed tokens for other services, with keys for those that are not named.
    Extjwt {
        /// How long a token is good.
        expiration: Duration [duration] = Duration::from_secs(45),
        /// How it is signed; none turns it off.
        algorithm: Option<JwtAlgorithm> [some(word)] = None,
        /// The secret or private key; instead of `key-file`.
        key: String [text] = String::new(),
        /// File with it.
        key_file: String [text] = String::new(),
        /// Keys for services that are named.
        services: IndexMap<String, TokenService> [map(nested)] = IndexMap::new(),
    }
}

section! {
    /// `authtoken`: tokens that prove to other services who a user is.
    Authtoken {
        /// Whether there are any.
        enabled: bool [boolean] = false,
        /// From where tokens can be verified.
        verification_ip_whitelist: Vec<Net> [nets] = Vec::new(),
        /// The services.
        services: IndexMap<String, TokenService> [map(nested)] = IndexMap::new(),
    }
}

section! {
    /// A service that accepts our tokens.
    TokenService {
        /// How long a token is good.
        expiration: Duration [duration] = Duration::from_secs(45),
        /// What the service is.
        description: String [text] = String::new(),
        /// Where it is.
        url: String [text] = String::new(),
        /// How a token is signed.
        algorithm: Option<JwtAlgorithm> [some(word)] = None,
        /// The secret or private key; instead of `key-file`.
        key: String [text] = String::new(),
        /// File with it.
        key_file: String [text] = String::new(),
    }
}

section! {
    /// `metadata`: what users and channels say of themselves.
    Metadata {
        /// Whether they can.
        enabled: bool [boolean] = false,
        /// Whether only server operators can change it.
        operator_only_modification: bool [boolean] = false,
        /// Keys a client may follow.
        max_subs: usize [count] = 10,
        /// Keys a user or channel may have.
        max_keys: usize [count] = 10,
        /// Bytes of a value; 0 is no limit but the line's.
        max_value_length: usize [count] = 0,
        /// Changes of one client.
        client_throttle: Throttle,
    }
}

section! {
    /// `webpush`: notifications to users who are not connected.
    Webpush {
        /// Whether there are any.
        enabled: bool [boolean] = false,
        /// How long delivery may take.
        timeout: Duration [duration] = Duration::from_secs(10),
        /// How long a message waits to be read elsewhere first.
        delay: Duration [duration] = Duration::ZERO,
        /// Devices per user.
        max_subscriptions: usize [count] = 1,
        /// When a device not seen is forgotten; three days or more.
        expiration: Duration [duration] = Duration::from_secs(14 * 86_400),
        /// Whom the push service may ask, as an address of a page or `mailto:`; empty is the server's name.
        subscriber: String [text] = String::new(),
    }
}

section! {
    /// `api`: an HTTP interface for programs.
    Api {
        /// Whether there is one.
        enabled: bool [boolean] = false,
        /// Where it listens.
        listener: String [text] = String::new(),
        /// Certificate and key; plain text without.
        tls: Option<KeyPair> [some(nested)] = None,
        /// Who may use it.
        bearer_tokens: Vec<String> [list(text)] = Vec::new(),
    }
}

//! `server.listeners` and the rules for kinds of listeners.

use std::time::Duration;

use crate::config::yaml::read::{boolean, count, duration, filled, list, nested, number, some, text, word};
use crate::config::yaml::section::section;
use crate::config::yaml::value::TlsVersion;

section! {
    /// `server.listeners.<address>`: a door.
    Listener {
        /// Certificate and key; plain text without.
        tls: Option<KeyPair> [some(nested)] = None,
        /// Several certificates, of which the client's SNI picks one; instead of `tls`.
        tls_certificates: Vec<KeyPair> [list(nested)] = Vec::new(),
        /// The oldest TLS version to be spoken.
        min_tls_version: TlsVersion [word] = TlsVersion::Tls12,
        /// Whether connections must begin with a PROXY header.
        proxy: bool [boolean] = false,
        /// Whether connections come from the Tor network.
        tor: bool [boolean] = false,
        /// Whether connections speak WebSocket.
        websocket: bool [boolean] = false,
        /// Whether clients are only told to come back with TLS.
        sts_only: bool [boolean] = false,
        /// Whether `sts` is not offered here.
        hide_sts: bool [boolean] = false,
    }
}

impl Listener {
    /// The certificates in use, the first for who names none; none on a listener in plain text.
    pub fn key_pairs(&self) -> &[KeyPair] {
        match &self.tls {
            Some(pair) if self.tls_certificates.is_empty() => std::slice::from_ref(pair),
            _ => &self.tls_certificates,
        }
    }
}

section! {
    /// A certificate chain and its private key, both in PEM.
    KeyPair {
        /// File with the chain.
        cert: String [text] = String::new(),
        /// File with the key.
        key: String [text] = String::new(),
    }
}

section! {
    /// `server.tor-listeners`: rules for listeners marked `tor`.
    TorListeners {
        /// Whether clients must log in.
        require_sasl: bool [boolean] = false,
        /// Their host.
        vhost: String [text] = String::new(),
        /// Connections at a time; 0 is no limit.
        max_connections: usize [count] = 64,
        /// Time for `max-connections-per-duration`.
        throttle_duration: Duration [duration] = Duration::from_secs(600),
        /// Connections in that time; 0 is no limit.
        max_connections_per_duration: usize [count] = 64,
    }
}

section! {
    /// `server.sts`: strict transport security.
    Sts {
        /// Whether clients are told to use TLS from now on.
        enabled: bool [boolean] = false,
        /// For how long.
        duration: Duration [duration] = Duration::from_secs(2_765_100),
        /// On which port; 0 names none.
        port: u16 [number(0..=65_535)] = 0,
        /// Whether clients may ship with this policy.
        preload: bool [boolean] = false,
        /// What to tell those who connect to a listener marked `sts-only`, in lines.
        sts_only_banner: Option<String> [filled] = None,
    }
}

section! {
    /// `server.websockets`: rules for listeners marked `websocket`.
    Websockets {
        /// Patterns with `*` for the pages that may connect; empty is any.
        allowed_origins: Vec<String> [list(text)] = Vec::new(),
    }
}

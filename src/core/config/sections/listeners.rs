//! `server.listeners`, and settings for some types of listeners.

use std::time::Duration;

use super::extras::Api;
use crate::config::yaml::read::{boolean, count, duration, filled, list, nested, number, some, text, word};
use crate::config::yaml::section::section;
use crate::config::yaml::value::TlsVersion;

section! {
    /// `server.listeners.<address>`: a listener.
    Listener {
        /// Certificate and key; if absent, plaintext.
        tls: Option<KeyPair> [some(nested)] = None,
        /// Several certificates, selected by SNI; instead of `tls`.
        tls_certificates: Vec<KeyPair> [list(nested)] = Vec::new(),
        /// Minimum TLS version.
        min_tls_version: TlsVersion [word] = TlsVersion::Tls12,
        /// Whether connections begin with a PROXY protocol header.
        proxy: bool [boolean] = false,
        /// Whether connections come from Tor.
        tor: bool [boolean] = false,
        /// Whether connections use WebSocket.
        websocket: bool [boolean] = false,
        /// Whether programs use the HTTP API here; unless `websocket` is set too, there are no IRC clients.
        http: bool [boolean] = false,
        /// Whether clients are only told to reconnect with TLS.
        sts_only: bool [boolean] = false,
        /// Whether `sts` is not advertised.
        hide_sts: bool [boolean] = false,
    }
}

impl Listener {
    /// Returns the listener of the API.
    pub fn of_api(api: &Api) -> Listener {
        // An empty certificate means none, as in Ergo.
        let tls = api.tls.clone().filter(|pair| !pair.cert.is_empty());
        Listener { http: true, tls, ..Listener::default() }
    }

    /// Returns the certificates in use, the default one first; none for a plaintext listener.
    pub fn key_pairs(&self) -> &[KeyPair] {
        match &self.tls {
            Some(pair) if self.tls_certificates.is_empty() => std::slice::from_ref(pair),
            _ => &self.tls_certificates,
        }
    }
}

section! {
    /// A certificate chain and its private key, both in PEM format.
    KeyPair {
        /// File with the chain.
        cert: String [text] = String::new(),
        /// File with the key.
        key: String [text] = String::new(),
    }
}

section! {
    /// `server.tor-listeners`: settings for listeners marked `tor`.
    TorListeners {
        /// Whether Tor users must log in.
        require_sasl: bool [boolean] = false,
        /// Hostname displayed for Tor users.
        vhost: String [text] = String::new(),
        /// Maximum number of concurrent connections; 0 for no limit.
        max_connections: usize [count] = 64,
        /// Window of `max-connections-per-duration`; 0 for ten minutes.
        throttle_duration: Duration [duration] = Duration::from_secs(600),
        /// Maximum number of connections per window; 0 for no limit.
        max_connections_per_duration: usize [count] = 64,
    }
}

section! {
    /// `server.sts`: strict transport security.
    Sts {
        /// Whether clients are told to use TLS in the future.
        enabled: bool [boolean] = false,
        /// How long clients remember the policy; 0 withdraws it.
        duration: Duration [duration] = Duration::from_secs(2_765_100),
        /// Port of a TLS listener; 0 for none.
        port: u16 [number(0..=65_535)] = 0,
        /// Whether the server may be included in preloaded lists.
        preload: bool [boolean] = false,
        /// Message for users who connect to a listener marked `sts-only`; may have several lines.
        sts_only_banner: Option<String> [filled] = None,
    }
}

section! {
    /// `server.websockets`: settings for listeners marked `websocket`.
    Websockets {
        /// Allowed web origins, with `*` as a wildcard; empty for all.
        allowed_origins: Vec<String> [list(text)] = Vec::new(),
    }
}

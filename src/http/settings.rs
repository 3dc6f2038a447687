//! What HTTP needs of the configuration; replaced as a whole by a rehash.

use sha2::{Digest, Sha256};

use crate::config::Config;

/// The settings.
#[derive(Debug)]
pub struct HttpSettings {
    /// The digests of the tokens for the API of Ergo; none if it is disabled.
    tokens: Vec<[u8; 32]>,
}

impl HttpSettings {
    /// Returns the settings of a configuration.
    pub fn of(config: &Config) -> HttpSettings {
        let tokens = config.api.bearer_tokens.iter().filter(|token| config.api.enabled && !token.is_empty());
        HttpSettings { tokens: tokens.map(|token| digest(token)).collect() }
    }

    /// Returns whether a token grants access to the API of Ergo. Digests are compared, so the time shows
    /// nothing about the tokens.
    pub(super) fn accepts(&self, token: &str) -> bool {
        self.tokens.contains(&digest(token))
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

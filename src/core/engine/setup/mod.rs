//! Everything that is derived from the configuration; it changes only with a rehash.

pub mod capability;
pub mod cloak;
pub mod isupport;
pub mod mail;
pub mod motd;
pub mod settings;
pub mod sts;

use std::net::IpAddr;

use regex::Regex;

use crate::config::Config;
use crate::engine::border::Texts;
use crate::i18n::{Languages, Phrase};
use crate::state::Letters;
use crate::text::CaseMapping;

use cloak::Cloak;

/// Limit on the bytes of a long answer that are sent at once.
const PIECE_BYTES_MAX: usize = 8 << 10;

/// The server's name and version, as shown by 002, 004 and 351.
pub const VERSION: &str = concat!("ircd-", env!("CARGO_PKG_VERSION"));

/// The configuration and everything that is derived from it once.
#[derive(Debug)]
pub struct ResolvedConfig {
    /// The configuration.
    pub config: Box<Config>,
    /// The case mapping, by which names are compared.
    pub mapping: CaseMapping,
    /// English and the catalogs.
    pub languages: Languages,
    /// The tokens of 005, by line.
    pub isupport: Vec<Vec<String>>,
    /// The offered capabilities, with their values for version 302.
    pub offer: capability::Offer,
    /// The cloaks, which hide hosts.
    pub cloak: Cloak,
    /// The lines of the MOTD, formatted; `None` without a MOTD file.
    pub motd: Option<Vec<String>>,
    /// Modes of a new channel.
    pub channel_modes: Letters,
    /// Modes of a new user.
    pub user_modes: Letters,
    /// The texts of emails to the owners of accounts.
    pub mail: mail::MailTexts,
    /// The pattern that a vhost must match.
    pub vhost_pattern: Regex,
    /// The secret of the cloaks.
    pub cloak_secret: String,
    /// The texts from which all this was read.
    pub texts: Texts,
    /// The time at which the server was started, in seconds since 1970.
    pub started_s: u64,
}

impl ResolvedConfig {
    /// Derives everything from a configuration.
    pub fn new(config: Box<Config>, cloak_secret: String, texts: &Texts, started_s: u64) -> ResolvedConfig {
        let languages = match config.languages.enabled {
            true => Languages::new(texts.catalogs.clone(), &config.languages.default),
            false => Languages::default(),
        };
        let formatted = config.server.motd_formatting;
        let motd = texts.motd.as_deref().map(|text| motd::lines(text, formatted));
        ResolvedConfig {
            mapping: config.server.casemapping,
            isupport: isupport::lines(&config),
            offer: capability::Offer::new(&config, &languages),
            cloak: Cloak::new(&config.server.ip_cloaking, &cloak_secret),
            motd,
            mail: mail::MailTexts::new(
                &config.accounts.registration.email_verification,
                texts.address_blacklist.as_deref(),
            ),
            channel_modes: Letters::of(&config.channels.default_modes),
            user_modes: Letters::of(&config.accounts.default_user_modes),
            vhost_pattern: vhost_pattern(&config),
            cloak_secret,
            texts: texts.clone(),
            started_s,
            languages,
            config,
        }
    }

    /// Returns a phrase in the server's default language, for texts that several users read, such as the
    /// reason of a QUIT.
    pub fn said(&self, text: Phrase, args: &[&str]) -> String {
        self.languages.said(&[], text, args)
    }

    /// Returns the server's name, which is the source of its own lines.
    pub fn server_name(&self) -> &str {
        &self.config.server.name
    }

    /// Returns the limit on bytes of a long answer that are sent before the client must have read most of
    /// them.
    pub fn piece_bytes_max(&self) -> usize {
        PIECE_BYTES_MAX.min(self.unread_bytes_max())
    }

    /// Returns the number of bytes of answers that a client may leave unread before its commands are held.
    pub fn unread_bytes_max(&self) -> usize {
        self.config.server.max_sendq / 2
    }

    /// Returns an address as text for use as a host: an IPv6 address must not begin with a colon.
    pub fn address_text(ip: IpAddr) -> String {
        let text = ip.to_canonical().to_string();
        if text.starts_with(':') { format!("0{text}") } else { text }
    }
}

/// Returns `accounts.vhosts.valid-regexp`, compiled.
fn vhost_pattern(config: &Config) -> Regex {
    Regex::new(&config.accounts.vhosts.valid_regexp).expect("checked when the configuration was read")
}

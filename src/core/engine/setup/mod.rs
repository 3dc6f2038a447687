//! What follows from the configuration and stays as it is between two reconfigurations.

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

/// Bytes of a long answer that are given at once, at most.
const PIECE_BYTES_MAX: usize = 8 << 10;

/// Name and version, as 002, 004 and 351 show them.
pub const VERSION: &str = concat!("ircd-", env!("CARGO_PKG_VERSION"));

/// The configuration with what is made of it once.
#[derive(Debug)]
pub struct ResolvedConfig {
    /// The configuration.
    pub config: Box<Config>,
    /// How names are compared.
    pub mapping: CaseMapping,
    /// English and the catalogues.
    pub languages: Languages,
    /// The parameters of 005, a line each.
    pub isupport: Vec<Vec<String>>,
    /// Capabilities on offer, with their values for version 302.
    pub offer: capability::Offer,
    /// How hosts are hidden.
    pub cloak: Cloak,
    /// The MOTD, a line each, formatted; `None` without a MOTD file.
    pub motd: Option<Vec<String>>,
    /// Modes of a new channel.
    pub channel_modes: Letters,
    /// Modes of a new user.
    pub user_modes: Letters,
    /// The emails to the owners of accounts.
    pub mail: mail::MailTexts,
    /// What a vhost must match.
    pub vhost_pattern: Regex,
    /// Secret of the cloaks.
    pub cloak_secret: String,
    /// What it was read from.
    pub texts: Texts,
    /// When the server was started, for 003.
    pub started: String,
}

impl ResolvedConfig {
    /// Works everything out.
    pub fn new(config: Box<Config>, cloak_secret: String, texts: &Texts, started: String) -> ResolvedConfig {
        let languages = match config.languages.enabled {
            true => Languages::new(texts.catalogues.clone(), &config.languages.default),
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
            started,
            languages,
            config,
        }
    }

    /// A phrase in the server's default language: for what several people read, such as the reason of a QUIT.
    pub fn said(&self, text: Phrase, args: &[&str]) -> String {
        self.languages.said(&[], text, args)
    }

    /// The server's name, the source of what it says.
    pub fn server_name(&self) -> &str {
        &self.config.server.name
    }

    /// Bytes of a long answer that are given at once, before its client must have read most of them.
    pub fn piece_bytes_max(&self) -> usize {
        PIECE_BYTES_MAX.min(self.unread_bytes_max())
    }

    /// Bytes of its own answers that a client may leave unread and still be served.
    pub fn unread_bytes_max(&self) -> usize {
        self.config.server.max_sendq / 2
    }

    /// The host of an address as written: an IPv6 address must not begin with a colon.
    pub fn address_text(ip: IpAddr) -> String {
        let text = ip.to_canonical().to_string();
        if text.starts_with(':') { format!("0{text}") } else { text }
    }
}

/// `accounts.vhosts.valid-regexp`, compiled.
fn vhost_pattern(config: &Config) -> Regex {
    Regex::new(&config.accounts.vhosts.valid_regexp).expect("the rules of the configuration have tried it")
}

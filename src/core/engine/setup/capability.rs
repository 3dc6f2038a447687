//! The capabilities that are offered, and their values.

use crate::auth::Mechanism;
use crate::config::Config;
use crate::i18n::Languages;
use crate::state::Door;
use crate::wire::{Cap, Caps};

use super::sts;

/// Capabilities that are also listed for clients that do not negotiate by version 302: the long-established
/// ones, and no more than fit on one line, because such clients know no continuation lines. They may request
/// others.
const BEFORE_302: [Cap; 21] = [
    Cap::AccountNotify,
    Cap::AccountTag,
    Cap::AwayNotify,
    Cap::Batch,
    Cap::CapNotify,
    Cap::Chathistory,
    Cap::Chghost,
    Cap::EchoMessage,
    Cap::EventPlayback,
    Cap::ExtendedJoin,
    Cap::InviteNotify,
    Cap::LabeledResponse,
    Cap::MessageTags,
    Cap::MultiPrefix,
    Cap::Relaymsg,
    Cap::Sasl,
    Cap::ServerTime,
    Cap::Setname,
    Cap::UserhostInNames,
    Cap::ZncPlayback,
    Cap::ZncSelfMessage,
];

/// The capabilities and values that CAP LS shows.
#[derive(Debug)]
pub struct Offer {
    /// The capabilities, before the restrictions of a listener.
    pub caps: Caps,
    languages: String,
    mechanisms: String,
    multiline: String,
    registration: String,
    separators: String,
    sts: String,
}

impl Offer {
    /// Returns the offer that follows from the configuration.
    pub fn new(config: &Config, languages: &Languages) -> Offer {
        let mut caps: Caps = Cap::ALL.iter().copied().collect();
        if !config.languages.enabled {
            caps = caps.without(Cap::Languages);
        }
        if !config.accounts.authentication_enabled {
            caps = caps.without(Cap::Sasl);
        }
        if !config.accounts.registration.enabled {
            caps = caps.without(Cap::AccountRegistration);
        }
        if config.limits.monitor_entries == 0 {
            caps = caps.without(Cap::ExtendedMonitor);
        }
        if !config.accounts.multiclient.enabled {
            caps = caps.without(Cap::Persistence);
        }
        let history = &config.history;
        if !history.enabled || history.chathistory_maxmessages == 0 {
            caps = caps.without(Cap::Chathistory).without(Cap::EventPlayback);
        }
        if !history.enabled || !history.retention.allow_individual_delete {
            caps = caps.without(Cap::MessageRedaction);
        }
        if !history.enabled {
            caps = caps.without(Cap::ZncPlayback).without(Cap::ZncSelfMessage);
        }
        if config.limits.multiline.max_bytes == 0 {
            caps = caps.without(Cap::Multiline);
        }
        if !config.server.relaymsg.enabled {
            caps = caps.without(Cap::Relaymsg);
        }
        if !config.server.sts.enabled {
            caps = caps.without(Cap::Sts);
        }
        Offer {
            caps,
            languages: languages.capability_value(),
            mechanisms: mechanisms(config),
            registration: registration_value(config),
            multiline: multiline_value(config),
            separators: config.server.relaymsg.separators.clone(),
            sts: sts::value(&config.server.sts),
        }
    }

    /// Returns the capabilities that are offered to a client that connected by a door.
    pub fn at(&self, door: &Door) -> Caps {
        if door.sts_only {
            self.caps & sts::caps()
        } else if door.hide_sts || door.tor {
            self.caps.without(Cap::Sts)
        } else {
            self.caps
        }
    }

    /// Returns the words of CAP LS for a client that negotiates by this version.
    pub fn words(&self, door: &Door, version: u16) -> Vec<String> {
        let shown = |cap: &Cap| version >= 302 || BEFORE_302.contains(cap);
        self.at(door).iter().filter(shown).map(|cap| self.word(cap, version)).collect()
    }

    fn word(&self, cap: Cap, version: u16) -> String {
        let value = match cap {
            Cap::AccountRegistration => &self.registration,
            Cap::Languages => &self.languages,
            Cap::Multiline => &self.multiline,
            Cap::Relaymsg => &self.separators,
            Cap::Sasl => &self.mechanisms,
            Cap::Sts => return format!("{}={}", cap.name(), self.sts),
            _ => "",
        };
        match value {
            value if version >= 302 && !value.is_empty() => format!("{}={value}", cap.name()),
            _ => cap.name().to_owned(),
        }
    }
}

/// Returns the limits of multiline messages (draft/multiline, "Capabilities").
fn multiline_value(config: &Config) -> String {
    let limits = &config.limits.multiline;
    match limits.max_lines {
        0 => format!("max-bytes={}", limits.max_bytes),
        lines => format!("max-bytes={},max-lines={lines}", limits.max_bytes),
    }
}

/// Returns the SASL mechanisms to list, the best known first.
pub fn mechanisms(config: &Config) -> String {
    let mut names = vec![Mechanism::Plain.name(), Mechanism::External.name()];
    if config.accounts.advertise_scram {
        names.push(Mechanism::ScramSha256.name());
    }
    names.join(",")
}

/// Returns the value of `draft/account-registration`.
fn registration_value(config: &Config) -> String {
    let rules = &config.accounts.registration;
    let words = [
        ("before-connect", rules.allow_before_connect),
        ("email-required", rules.email_verification.enabled),
        ("account-required", config.accounts.require_sasl.enabled),
    ];
    let words: Vec<&str> = words.into_iter().filter_map(|(word, on)| on.then_some(word)).collect();
    words.join(",")
}

//! Which capabilities are on offer, and with what value.

use crate::config::Config;
use crate::i18n::Languages;
use crate::state::Door;
use crate::wire::{Cap, Caps};

use super::sts;

/// Offered to clients that do not negotiate by version 302, too: those old enough for such clients.
const BEFORE_302: [Cap; 12] = [
    Cap::AccountNotify,
    Cap::AccountTag,
    Cap::AwayNotify,
    Cap::Batch,
    Cap::CapNotify,
    Cap::Chghost,
    Cap::EchoMessage,
    Cap::ExtendedJoin,
    Cap::InviteNotify,
    Cap::MultiPrefix,
    Cap::ServerTime,
    Cap::UserhostInNames,
];

/// What CAP LS shows.
#[derive(Debug)]
pub struct Offer {
    /// The set.
    pub caps: Caps,
    languages: String,
    sts: String,
}

impl Offer {
    /// What the configuration allows.
    pub fn new(config: &Config, languages: &Languages) -> Offer {
        let mut caps: Caps = Cap::ALL.iter().copied().collect();
        if !config.languages.enabled {
            caps = caps.without(Cap::Languages);
        }
        if config.limits.monitor_entries == 0 {
            caps = caps.without(Cap::ExtendedMonitor);
        }
        if !config.accounts.multiclient.enabled {
            caps = caps.without(Cap::Persistence);
        }
        if !config.server.sts.enabled {
            caps = caps.without(Cap::Sts);
        }
        Offer { caps, languages: languages.capability_value(), sts: sts::value(&config.server.sts) }
    }

    /// What is offered to who came in by a door.
    pub fn at(&self, door: &Door) -> Caps {
        if door.sts_only {
            self.caps & sts::caps()
        } else if door.hide_sts || door.tor {
            self.caps.without(Cap::Sts)
        } else {
            self.caps
        }
    }

    /// The words of CAP LS for a client of this version.
    pub fn words(&self, door: &Door, version: u16) -> Vec<String> {
        let shown = |cap: &Cap| version >= 302 || BEFORE_302.contains(cap);
        self.at(door).iter().filter(shown).map(|cap| self.word(cap, version)).collect()
    }

    fn word(&self, cap: Cap, version: u16) -> String {
        match cap {
            Cap::Sts => format!("{}={}", cap.name(), self.sts),
            Cap::Languages if version >= 302 => format!("{}={}", cap.name(), self.languages),
            _ => cap.name().to_owned(),
        }
    }
}

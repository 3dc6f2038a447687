//! GET and SET: settings of registered channels.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::account::HistoryChoice;
use crate::state::fact::RegistryChange;
use crate::state::registry::{ChannelSettings, QueryCutoff, StoreEvents};

use super::{CS, find_managed, is_registration_enabled, registration, shown};

pub(super) const GET: ServiceCommand = ServiceCommand::new("GET", get)
    .params(2, 2)
    .enabled(is_registration_enabled)
    .help("<channel> <setting>: shows a setting of a channel")
    .more(&["For a list of settings, see HELP SET."]);

pub(super) const SET: ServiceCommand = ServiceCommand::new("SET", set)
    .params(3, 3)
    .enabled(is_registration_enabled)
    .help("<channel> <setting> <value>: changes a setting of a channel")
    .more(&[
        "history: off (none), ephemeral (in memory only), on (stored), default (server setting)",
        "query-cutoff: none (everyone can read everything), registration-time (messages since the reader's",
        "    account was registered), join-time (messages since the reader joined), default",
        "store-events: all, no-joins (no JOIN, PART and QUIT), none (messages only)",
    ]);

/// The value that selects the server's setting.
const DEFAULT: &str = "default";

const HISTORY: [(&str, HistoryChoice); 3] =
    [("off", HistoryChoice::Off), ("ephemeral", HistoryChoice::Ephemeral), ("on", HistoryChoice::On)];
const QUERY_CUTOFF: [(&str, QueryCutoff); 3] = [
    ("none", QueryCutoff::None),
    ("registration-time", QueryCutoff::RegistrationTime),
    ("join-time", QueryCutoff::JoinTime),
];
const STORE_EVENTS: [(&str, StoreEvents); 3] =
    [("all", StoreEvents::All), ("no-joins", StoreEvents::NoJoins), ("none", StoreEvents::None)];

fn get(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let id = find_managed(cx, params[0])?;
    let setting = params[1].to_ascii_lowercase();
    let settings = &registration(cx, id).settings;
    let value = match setting.as_str() {
        "history" => word(&HISTORY, settings.history),
        "query-cutoff" => word(&QUERY_CUTOFF, settings.query_cutoff),
        "store-events" => word(&STORE_EVENTS, settings.store_events),
        _ => return Err(unknown()),
    };
    let name = shown(cx, id);
    cx.tell(CS, Phrase::CHANNEL_SETTING, &[&setting, &name, value]);
    Ok(())
}

fn set(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let id = find_managed(cx, params[0])?;
    let (setting, value) = (params[1].to_ascii_lowercase(), params[2].to_ascii_lowercase());
    let settings = changed(registration(cx, id).settings.clone(), &setting, &value)?;
    cx.commit(Fact::RegistryChanged { channel: id, change: RegistryChange::Settings(settings) });
    let name = shown(cx, id);
    cx.tell(CS, Phrase::CHANNEL_SETTING, &[&setting, &name, &value]);
    Ok(())
}

fn changed(mut settings: ChannelSettings, setting: &str, value: &str) -> Result<ChannelSettings, Refusal> {
    match setting {
        "history" => settings.history = choice(&HISTORY, value)?,
        "query-cutoff" => settings.query_cutoff = choice(&QUERY_CUTOFF, value)?,
        "store-events" => settings.store_events = choice(&STORE_EVENTS, value)?,
        _ => return Err(unknown()),
    }
    Ok(settings)
}

fn unknown() -> Refusal {
    CS.refuse(Phrase::NO_SUCH_SETTING, &[])
}

fn word<T: Copy + PartialEq>(words: &[(&'static str, T)], choice: Option<T>) -> &'static str {
    let known = words.iter().find(|(_, value)| Some(*value) == choice);
    known.map_or(DEFAULT, |(word, _)| word)
}

fn choice<T: Copy>(words: &[(&str, T)], value: &str) -> Result<Option<T>, Refusal> {
    if value == DEFAULT {
        return Ok(None);
    }
    let known = words.iter().find(|(word, _)| *word == value);
    known.map(|&(_, choice)| Some(choice)).ok_or_else(|| CS.refuse(Phrase::SETTING_VALUE_INVALID, &[]))
}

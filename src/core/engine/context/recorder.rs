//! Records history: each line is stored as it is sent, with the places where it can be found.
//!
//! Permission to read it is left to `engine::history`.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::config::Config;
use crate::engine::border::{Effect, Effects};
use crate::engine::setup::{ResolvedConfig, settings};
use crate::history::{Bounds, Fields, HistoryKey, Item, Kind, Record};
use crate::state::account::HistoryChoice;
use crate::state::fact::{HistoryPlace, Said};
use crate::state::registry::StoreEvents;
use crate::state::{ChannelId, State, UserId};
use crate::wire::ctcp::is_ctcp;
use crate::wire::message::tags;
use crate::wire::{Body, Outgoing, Text};

/// The items to keep in memory once the fact has been announced.
#[derive(Debug, Default)]
pub struct Recorder {
    kept: Kept,
    /// A reused buffer in which items are encoded.
    buffer: Vec<u8>,
}

/// Usually there is one item: a message to a channel.
type Kept = SmallVec<[(HistoryPlace, Item, Bounds); 1]>;

impl Recorder {
    /// Takes out the items to keep in memory, in order.
    pub fn take(&mut self) -> Kept {
        std::mem::take(&mut self.kept)
    }

    /// Returns whether there are no items to keep.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Records a line that was sent to some channels.
    pub fn record_in_channels(
        &mut self,
        setup: &ResolvedConfig,
        state: &State,
        channels: impl Iterator<Item = ChannelId>,
        line: &Outgoing<'_>,
        out: &mut Effects,
    ) {
        let config = &*setup.config;
        let Some(kind) = kind_of(line).filter(|_| config.history.enabled) else { return };
        let mut item = None;
        let mut stored = SmallVec::new();
        for id in channels {
            let channel = &state.channels[id];
            let choice = settings::channel_history(config, channel);
            if choice == HistoryChoice::Off {
                continue;
            }
            let settings = channel.registration.as_ref().and_then(|r| r.settings.store_events);
            if !is_wanted(kind, settings) {
                continue;
            }
            if item.is_none() {
                item = self.item_of(kind, line);
            }
            let Some(item) = &item else { return };
            if choice == HistoryChoice::On {
                stored.push(HistoryKey::Channel(channel.name.key().into()));
            }
            let items_max = config.history.channel_length;
            self.kept.push((HistoryPlace::Channel(id), item.clone(), bounds(config, items_max)));
        }
        if let Some(item) = item {
            record(setup, item, stored, line, out);
        }
    }

    /// Records a line that one user sent to another, for each of the two whose settings allow it.
    pub fn record_between(
        &mut self,
        setup: &ResolvedConfig,
        state: &State,
        [by, to]: [UserId; 2],
        line: &Outgoing<'_>,
        out: &mut Effects,
    ) {
        let config = &*setup.config;
        let Some(kind) = kind_of(line).filter(|_| config.history.enabled) else { return };
        let Some(item) = self.item_of(kind, line) else { return };
        let mut stored = SmallVec::new();
        let sides = [(by, to), (to, by)];
        for &(user, other) in &sides[..if by == to { 1 } else { 2 }] {
            let account = state.account_of(user);
            let with = correspondent(state, other);
            let choice = account.map_or_else(
                || settings::guest_history(config),
                |account| settings::dm_history(config, &account.settings),
            );
            match choice {
                HistoryChoice::Off => continue,
                HistoryChoice::Ephemeral => {}
                HistoryChoice::On => stored.extend(account.map(|account| HistoryKey::Conversation {
                    owner: account.name.key().into(),
                    with: with.into(),
                })),
            }
            let place = HistoryPlace::Conversation { user, with: with.into() };
            self.kept.push((place, item.clone(), bounds(config, config.history.client_length)));
        }
        record(setup, item, stored, line, out);
    }

    /// Returns a line as a history item; `None` if it has no id.
    fn item_of(&mut self, kind: Kind, line: &Outgoing<'_>) -> Option<Item> {
        let id = line.origin.msgid?;
        let (params, text) = match line.body {
            Body::Command { params: [target], text, .. } => (Cow::Borrowed(*target), text),
            Body::Command { params, text, .. } => (params.join(" ").into(), text),
            Body::Join { channel, realname, .. } => (Cow::Borrowed(channel), Text::Plain(realname)),
            Body::Numeric { .. } => return None,
        };
        let fields = Fields {
            id,
            kind,
            source: line.source,
            account: line.origin.account,
            bot: line.origin.bot,
            client_tags: line.origin.client_tags,
            params: &params,
            text: match text {
                Text::Plain(text) | Text::Lines(text) => Some(text),
                Text::None | Text::Said(..) => None,
            },
        };
        Some(Item::packed_in(&mut self.buffer, &fields))
    }
}

/// Returns the key of conversations with a user: the user's account, or the nick of a user without an
/// account.
pub fn correspondent(state: &State, user: UserId) -> &str {
    let user = &state.users[user];
    user.account.as_ref().map_or(user.nick.key(), |account| account.key())
}

/// Returns whether a message is recorded at all. Most tags without a text are only of momentary interest
/// (`+typing`).
pub fn is_recorded(config: &Config, what: &Said<'_>) -> bool {
    if is_ctcp(what.text) {
        return false;
    }
    if what.kind != crate::state::fact::SpeechKind::Tagmsg {
        return true;
    }
    let rule = &config.history.tagmsg_storage;
    let has = |names: &[String]| tags(what.client_tags).any(|(name, _)| names.iter().any(|n| n == name));
    if rule.default { !has(&rule.blacklist) } else { has(&rule.whitelist) }
}

/// Returns whether a channel's setting allows events of a kind.
fn is_wanted(kind: Kind, events: Option<StoreEvents>) -> bool {
    match events.unwrap_or(StoreEvents::All) {
        StoreEvents::All => true,
        StoreEvents::NoJoins => !matches!(kind, Kind::Join | Kind::Part | Kind::Quit),
        StoreEvents::None => kind.is_message() || kind == Kind::Tagmsg,
    }
}

fn bounds(config: &Config, items_max: usize) -> Bounds {
    Bounds { items_max, window_ms: config.history.autoresize_window.as_millis() as u64 }
}

/// Stores an item permanently for some targets.
fn record(
    setup: &ResolvedConfig,
    item: Item,
    targets: SmallVec<[HistoryKey; 1]>,
    line: &Outgoing<'_>,
    out: &mut Effects,
) {
    if targets.is_empty() {
        return;
    }
    let indexed = setup.config.history.retention.enable_account_indexing;
    let account = line.origin.account.filter(|_| indexed);
    let author = account.map(|account| setup.mapping.fold_lossy(account).into());
    out.push(Effect::Record(Record::Keep { item, targets, author }));
}

/// Returns the kind of event that a line reports; `None` for lines that are never recorded.
fn kind_of(line: &Outgoing<'_>) -> Option<Kind> {
    match &line.body {
        Body::Command { verb, .. } => Kind::of_verb(verb),
        Body::Join { .. } => Some(Kind::Join),
        Body::Numeric { .. } => None,
    }
}

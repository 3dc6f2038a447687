//! Imports the channels of a document.

use indexmap::IndexMap;

use super::Import;
use super::fields::Fields;
use crate::state::channel::Topic;
use crate::state::modes::{CHANNEL_FLAGS, is_channel_key};
use crate::state::registry::{ChannelSettings, Registration};
use crate::state::{Letters, Rank};
use crate::text::truncate;

/// The maximum length of the source of a topic, in bytes.
const SOURCE_BYTES_MAX: usize = 255;
const CHANNEL_FIELDS: &[&str] = &[
    "name",
    "founder",
    "registeredAt",
    "topic",
    "topicSetBy",
    "topicSetAt",
    "amode",
    "modes",
    "key",
    "limit",
    "forward",
    // Ergo's converter has already used it as the founder where necessary.
    "successor",
];

impl Import<'_> {
    pub(super) fn channel(&mut self, key: &str, channel: &Fields<'_>) -> Result<(), String> {
        let shown = self.name(key, channel)?;
        let founder = channel.text("founder")?;
        let founder = founder
            .ok_or_else(|| format!("{}: expected an account, found nothing", channel.at("founder")))?;
        let registered_ms = self.time(channel, "registeredAt")?;
        let topic = self.topic(channel, founder)?;
        let (modes, key) = (channel.text("modes")?.unwrap_or_default(), channel.text("key")?);
        let (limit, forward) =
            (channel.number("limit")?.filter(|&limit| limit > 0), channel.text("forward")?);
        let amodes = self.amodes(channel)?;
        self.note_unknown("channels", channel, CHANNEL_FIELDS);
        let (mapping, bytes_max) = (self.moment.mapping, self.config.limits.channellen);
        let name = match mapping.channel(shown, bytes_max) {
            Ok(name) => name,
            Err(why) => {
                self.skip(channel.path(), why);
                return Ok(());
            }
        };
        if self.state.channel_by_key(name.key()).is_some() {
            return Err(format!(
                "{}: expected each name only once, found another spelling of it",
                channel.path()
            ));
        }
        let Some(founder) = self.account_key(founder) else {
            self.skip(channel.path(), format!("the founder {founder} has no account"));
            return Ok(());
        };
        // Parameters may follow the letters, but they have their own fields here.
        let modes = modes.split_whitespace().next().unwrap_or_default();
        for letter in modes.chars().filter(|&letter| letter != '+' && !CHANNEL_FLAGS.contains(letter)) {
            self.skip(&channel.at("modes"), format!("{letter} is not a mode without a parameter"));
        }
        let own = name.key().to_owned();
        let flags: String = modes.chars().filter(|&letter| CHANNEL_FLAGS.contains(letter)).collect();
        let id = self.state.create_channel(self.moment, name, Letters::of(&flags));
        let (key, limit) = (self.key(channel, key), self.limit(channel, limit));
        let forward = forward.and_then(|to| match mapping.channel(to, bytes_max) {
            Ok(to) if to.key() == own => None,
            Ok(to) => Some(to),
            Err(why) => {
                self.skip(&channel.at("forward"), why);
                None
            }
        });
        let created = &mut self.state.channels[id];
        created.created_s = registered_ms / 1000;
        (created.topic, created.key, created.limit, created.forward) = (topic, key, limit, forward);
        let settings = ChannelSettings::default();
        let registration = Registration { founder, registered_ms, amodes, settings, offered_to: None };
        created.registration = Some(Box::new(registration));
        self.state.mark_channel(id);
        Ok(())
    }

    /// Returns the key of an account that was imported.
    fn account_key(&self, name: &str) -> Option<Box<str>> {
        let key = self.moment.mapping.nick_key(name).ok()?;
        self.state.accounts.contains_key(&key).then(|| key.into())
    }

    fn topic(&self, channel: &Fields<'_>, founder: &str) -> Result<Option<Box<Topic>>, String> {
        let (text, by) = (channel.text("topic")?, channel.text("topicSetBy")?);
        let at_s = self.time(channel, "topicSetAt")? / 1000;
        // Both are sent as parameters of lines.
        let text = text.map(|text| text.replace(['\r', '\n', '\0'], " "));
        let by = by.and_then(|by| by.split(|c: char| c.is_whitespace() || c.is_control()).next());
        let by =
            by.filter(|by| !by.is_empty() && !by.starts_with(':')).map(|by| truncate(by, SOURCE_BYTES_MAX));
        Ok(text.map(|text| {
            let text = truncate(&text, self.config.limits.topiclen).into();
            Box::new(Topic { text, by: by.unwrap_or(founder).into(), at_s })
        }))
    }

    fn amodes(&mut self, channel: &Fields<'_>) -> Result<IndexMap<Box<str>, Rank>, String> {
        let mut amodes = IndexMap::new();
        let Some(raw) = channel.object("amode")? else { return Ok(amodes) };
        for account in raw.names() {
            let path = raw.at(account);
            let mut letters = raw.text(account)?.unwrap_or_default().chars();
            let rank = letters.next().and_then(Rank::by_letter).filter(|_| letters.next().is_none());
            match (self.account_key(account), rank) {
                (Some(_), Some(_)) if amodes.len() >= self.config.limits.chan_list_modes => {
                    self.skip(&path, "the list is full (limits.chan-list-modes)");
                }
                (Some(account), Some(rank)) => {
                    amodes.insert(account, rank);
                }
                (None, _) => self.skip(&path, "no such account"),
                (_, None) => self.skip(&path, "not one of q, a, o, h, v"),
            }
        }
        Ok(amodes)
    }

    fn key(&mut self, channel: &Fields<'_>, key: Option<&str>) -> Option<Box<str>> {
        let fits = key.filter(|key| is_channel_key(key));
        if key.is_some() && fits.is_none() {
            self.skip(&channel.at("key"), "not a valid channel key; the channel gets none");
        }
        fits.map(Box::from)
    }

    fn limit(&mut self, channel: &Fields<'_>, limit: Option<u64>) -> Option<u32> {
        let fits = limit.and_then(|limit| i32::try_from(limit).ok()).map(i32::unsigned_abs);
        if limit.is_some() && fits.is_none() {
            self.skip(&channel.at("limit"), "the limit is too large");
        }
        fits
    }
}

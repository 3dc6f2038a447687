//! Information about a channel, on joining or on request: topic, read marker and names.

use crate::engine::context::cx::Cx;
use crate::i18n::Phrase;
use crate::state::ChannelId;
use crate::wire::numeric::{RPL_NOTOPIC, RPL_TOPIC, RPL_TOPICWHOTIME};
use crate::wire::{Cap, Stamp, Text};

use super::names;

/// Sends the topic, read marker and names of a channel to a session whose user is in it.
pub fn show_place(cx: &mut Cx<'_>, channel: ChannelId) {
    if cx.state().channels[channel].topic.is_some() {
        show_topic(cx, channel);
    }
    show_own_marker(cx, channel);
    if !cx.served().caps.has(Cap::NoImplicitNames) {
        names::show(cx, channel);
    }
}

/// Sends the topic: 332 and 333, or 331 without a topic.
pub fn show_topic(cx: &mut Cx<'_>, channel: ChannelId) {
    let channel = &cx.state().channels[channel];
    let name = channel.name.as_str().to_owned();
    match channel.topic.clone() {
        Some(topic) => {
            cx.reply(RPL_TOPIC, &[&name], Text::Plain(&topic.text));
            cx.reply(RPL_TOPICWHOTIME, &[&name, &topic.by, &topic.at_s.to_string()], Text::None);
        }
        None => cx.reply(RPL_NOTOPIC, &[&name], Text::Said(Phrase::NO_TOPIC, &[])),
    }
}

/// Sends MARKREAD with the time up to which a target was read, in milliseconds since 1970.
pub fn show_marker(cx: &mut Cx<'_>, target: &str, at_ms: Option<u64>) {
    let stamp = at_ms.map(|at_ms| format!("timestamp={}", Stamp::new(at_ms)));
    cx.reply_command("MARKREAD", &[target, stamp.as_deref().unwrap_or("*")], Text::None);
}

/// Sends the user's own read marker of a channel. draft/read-marker requires it before RPL_ENDOFNAMES.
fn show_own_marker(cx: &mut Cx<'_>, channel: ChannelId) {
    if cx.served().caps.has(Cap::ReadMarker) {
        let name = cx.state().channels[channel].name.clone();
        let at_ms = cx.read_marker(name.key());
        show_marker(cx, name.as_str(), at_ms);
    }
}

//! TOPIC: shows or sets what a channel is about.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy;
use crate::i18n::Phrase;
use crate::state::{ChannelId, Fact};
use crate::text::truncate;
use crate::wire::numeric::{RPL_NOTOPIC, RPL_TOPIC, RPL_TOPICWHOTIME};
use crate::wire::{Message, Text};

use super::{Command, When};

pub(super) const TOPIC: Command = Command {
    name: "TOPIC",
    params_min: 1,
    when: When::Registered,
    right: None,
    help: "<channel> [<text>]: shows a channel's topic, or sets it; an empty text removes it",
    run: topic,
};

fn topic(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let channel = cx.find_channel(m.param(0))?;
    let Some(text) = m.param_opt(1) else {
        let shown = &cx.state().channels[channel];
        if shown.flags.has('s') && !shown.members.contains_key(&cx.me()) {
            // To others a secret channel is not there.
            return Err(Refusal::NoSuchChannel(m.param(0).to_owned()));
        }
        show(cx, channel);
        return Ok(());
    };
    policy::can_set_topic(cx.state(), cx.me(), channel)?;
    let shown = &cx.state().channels[channel];
    if cx.state().store_full && shown.registration.is_some() {
        return Err(Refusal::StoreFull("TOPIC".to_owned()));
    }
    let text = truncate(text, cx.config().limits.topiclen);
    cx.commit(Fact::TopicSet { by: cx.me(), channel, text });
    Ok(())
}

/// 332 and 333, or 331.
pub fn show(cx: &mut Cx<'_>, channel: ChannelId) {
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

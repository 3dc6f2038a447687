//! TOPIC: shows or sets the topic of a channel.

use crate::engine::announce::place::show_topic;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy;
use crate::state::Fact;
use crate::text::truncate;
use crate::wire::Message;

use super::Command;

pub(super) const TOPIC: Command = Command::new("TOPIC", topic)
    .params(1)
    .help("<channel> [<text>]: shows a channel's topic, or sets it; an empty text removes it");

fn topic(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let channel = cx.find_channel(m.param(0))?;
    let Some(text) = m.param_opt(1) else {
        show_topic(cx, channel);
        return Ok(());
    };
    policy::can_set_topic(cx.state(), cx.me(), channel)?;
    if cx.state().store_full && cx.state().channels[channel].registration.is_some() {
        return Err(Refusal::StoreFull("TOPIC".to_owned()));
    }
    let text = truncate(text, cx.config().limits.topiclen);
    cx.commit(Fact::TopicSet { by: cx.me(), channel, text });
    Ok(())
}

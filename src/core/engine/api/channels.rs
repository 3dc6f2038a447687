//! Calls about channels.

use crate::engine::border::{CallAnswer, ChannelInfo, Page};
use crate::engine::context::turn::Turn;
use crate::engine::context::waiting::CallOutcome;
use crate::state::Channel;

use super::answered;

/// Number of channels, existing or not, that are examined for a page.
const PAGE_SLOTS: u32 = 1000;

/// Lists the channels in some slots.
pub(super) fn list(turn: &Turn<'_>, from: u32) -> CallOutcome {
    let channels = &turn.state().channels;
    let end = from.saturating_add(PAGE_SLOTS);
    let found = (from..end.min(channels.slots())).filter_map(|slot| channels.in_slot(slot));
    let entries = found.map(|(_, channel)| describe(turn, channel)).collect();
    answered(CallAnswer::Channels(Page { entries, next: (end < channels.slots()).then_some(end) }))
}

fn describe(turn: &Turn<'_>, channel: &Channel) -> ChannelInfo {
    let registered = channel.registration.as_ref().map(|registration| {
        let founder = turn.state().accounts.get(&registration.founder);
        let founder = founder.map_or(&*registration.founder, |account| account.name.as_str());
        (founder.to_owned(), registration.registered_ms)
    });
    ChannelInfo {
        name: channel.name.as_str().to_owned(),
        has_key: channel.key.is_some(),
        invite_only: channel.flags.has('i'),
        secret: channel.flags.has('s'),
        members: channel.members.len(),
        topic: channel.topic.as_ref().map(|topic| topic.text.to_string()).unwrap_or_default(),
        topic_ms: channel.topic.as_ref().map(|topic| topic.at_s * 1000),
        created_ms: channel.created_s * 1000,
        registered,
    }
}

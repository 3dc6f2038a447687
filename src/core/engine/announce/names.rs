//! The members of a channel, as one client sees them: 353 and 366.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::engine::context::cx::Cx;
use crate::engine::context::waiting::LongAnswer;
use crate::engine::policy;
use crate::i18n::Phrase;
use crate::state::members::Place;
use crate::state::{ChannelId, Ranks};
use crate::wire::numeric::{RPL_ENDOFNAMES, RPL_NAMREPLY};
use crate::wire::{Cap, Text};

/// Limit on bytes of names in one 353, so that it fits with any server, nick and channel name.
const NAMES_BYTES_MAX: usize = 380;

/// Limit on members of a channel that are examined without a pause.
const MEMBERS_AT_ONCE_MAX: usize = 200;

/// Answers with the names of a channel: those of a small channel at once, so that they directly follow a
/// JOIN, those of a large one piece by piece as the client reads.
pub fn show(cx: &mut Cx<'_>, channel: ChannelId) {
    let mut cursor = NamesCursor { channels: vec![channel], next: Place::default() };
    let is_large = cx.state().channels[channel].members.len() > MEMBERS_AT_ONCE_MAX;
    // Many small channels also make a long answer.
    if is_large || cx.is_answering_long() || cx.answered_bytes() > cx.setup.unread_bytes_max() {
        cx.answer_long(cursor);
    } else {
        while cursor.step(cx).is_continue() {}
    }
}

/// Answers with the names of several channels, the last of them first.
pub fn show_all(cx: &mut Cx<'_>, channels: Vec<ChannelId>) {
    cx.answer_long(NamesCursor { channels, next: Place::default() });
}

/// The position in a long NAMES: the channels still to be sent, the current one last, and the member of it to
/// continue with.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct NamesCursor {
    channels: Vec<ChannelId>,
    next: Place,
}

impl LongAnswer for NamesCursor {
    /// Sends the next line.
    fn step(&mut self, cx: &mut Cx<'_>) -> ControlFlow<(), usize> {
        let Some(&id) = self.channels.last() else { return ControlFlow::Break(()) };
        let (state, me) = (cx.state(), cx.me());
        let Some(channel) = state.channels.get(id).filter(|_| policy::sees_channel(state, me, id)) else {
            // While the client was reading, the channel ended, or the user lost sight of it.
            self.skip_to_next_channel();
            return ControlFlow::Continue(1);
        };
        let sign = if channel.flags.has('s') { "@" } else { "=" };
        let name = channel.name.as_str().to_owned();
        let line = self.fill_line(cx, id);
        if !line.text.is_empty() {
            cx.reply(RPL_NAMREPLY, &[sign, &name], Text::Plain(&line.text));
        }
        if !line.more {
            cx.reply(RPL_ENDOFNAMES, &[&name], Text::Said(Phrase::END_OF_NAMES, &[]));
            self.skip_to_next_channel();
            if self.channels.is_empty() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(line.examined)
    }
}

impl NamesCursor {
    fn skip_to_next_channel(&mut self) {
        self.channels.pop();
        self.next = Place::default();
    }

    /// Collects names until the line is full, enough members have been examined, or none are left.
    fn fill_line(&mut self, cx: &Cx<'_>, id: ChannelId) -> NamesLine {
        let (state, caps) = (cx.state(), cx.served().caps);
        let sight = policy::Sight::of(state, cx.me(), id);
        let mut line = NamesLine { text: String::with_capacity(NAMES_BYTES_MAX), examined: 1, more: true };
        let text = &mut line.text;
        for (place, user, member) in state.channels[id].members.iter_from(self.next) {
            if line.examined > MEMBERS_AT_ONCE_MAX {
                return line;
            }
            if sight.shows(user, member.ranks) {
                let user = &state.users[user];
                let shown = if caps.has(Cap::UserhostInNames) { user.source() } else { user.nick.as_str() };
                if !text.is_empty() && text.len() + shown.len() + 6 > NAMES_BYTES_MAX {
                    return line;
                }
                if !text.is_empty() {
                    text.push(' ');
                }
                // Most members have no rank, and the loop is the hottest of a JOIN to a large channel.
                if member.ranks != Ranks::NONE {
                    text.extend(member.ranks.prefixes(caps.has(Cap::MultiPrefix)));
                }
                text.push_str(shown);
            }
            self.next = place.next();
            line.examined += 1;
        }
        line.more = false;
        line
    }
}

/// A line of names.
struct NamesLine {
    text: String,
    examined: usize,
    /// There are members left to examine.
    more: bool,
}

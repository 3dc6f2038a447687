//! NAMES: who is in a channel.

use crate::engine::cx::{Cx, Pending};
use crate::engine::policy;
use crate::engine::refusal::Outcome;
use crate::engine::waiting::Cursor;
use crate::i18n::Phrase;
use crate::state::ChannelId;
use crate::wire::numeric::{RPL_ENDOFNAMES, RPL_NAMREPLY};
use crate::wire::{Cap, Message, Text};

use super::{Command, When};

/// Bytes of names in one 353, so that it fits with any server, nick and channel name.
const NAMES_BYTES_MAX: usize = 380;

/// Members of a channel whose names are given without a pause.
const MEMBERS_AT_ONCE_MAX: usize = 200;

pub(super) const NAMES: Command = Command {
    name: "NAMES",
    params_min: 0,
    when: When::Registered,
    right: None,
    help: "[<channel>]: shows who is in a channel; without one, in all that you are in",
    run: names,
};

fn names(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let Some(named) = m.param_opt(0) else {
        let channels = cx.user().channels.iter().rev().copied().collect();
        cx.answer_long(Cursor::Names(NamesCursor { channels, next: 0 }));
        return Ok(());
    };
    // TARGMAX says NAMES:1.
    let name = named.split(',').next().unwrap_or(named);
    let me = cx.me();
    match cx.find_channel(name) {
        Ok(channel) if policy::sees_channel(cx.state(), me, channel) => show(cx, channel),
        // Unknown and hidden channels look the same: empty.
        _ => cx.reply(RPL_ENDOFNAMES, &[name], Text::Said(Phrase::END_OF_NAMES, &[])),
    }
    Ok(())
}

/// Answers with the names of a channel: a small one at once, so that they stand right behind a JOIN, a
/// large one piece by piece as the client reads.
pub fn show(cx: &mut Cx<'_>, channel: ChannelId) {
    if let Some(Pending::Room(Cursor::Names(later))) = &mut cx.pending {
        later.channels.insert(0, channel);
        return;
    }
    let mut cursor = NamesCursor { channels: vec![channel], next: 0 };
    if cx.state().channels[channel].members.len() > MEMBERS_AT_ONCE_MAX {
        cx.answer_long(Cursor::Names(cursor));
    } else {
        while !cursor.step(cx) {}
    }
}

/// Where a long NAMES stands: the channels still to come, the current one last.
#[derive(Debug)]
pub struct NamesCursor {
    channels: Vec<ChannelId>,
    next: usize,
}

impl NamesCursor {
    /// Gives the next line; whether that was all.
    pub fn step(&mut self, cx: &mut Cx<'_>) -> bool {
        let Some(&id) = self.channels.last() else { return true };
        let Some(channel) = cx.state().channels.get(id) else {
            // It vanished while the client was reading.
            self.channels.pop();
            self.next = 0;
            return self.channels.is_empty();
        };
        let caps = cx.served().caps;
        let sign = if channel.flags.has('s') { "@" } else { "=" };
        let sees_invisible = channel.members.contains_key(&cx.me()) || cx.user().modes.has('o');
        let mut line = String::new();
        while let Some((&user, member)) = channel.members.get_index(self.next) {
            let user = &cx.state().users[user];
            if user.modes.has('i') && !sees_invisible {
                self.next += 1;
                continue;
            }
            let shown = if caps.has(Cap::UserhostInNames) { user.source() } else { user.nick.as_str() };
            if !line.is_empty() && line.len() + shown.len() + 6 > NAMES_BYTES_MAX {
                break;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(member.ranks.prefixes(caps.has(Cap::MultiPrefix)));
            line.push_str(shown);
            self.next += 1;
        }
        let (name, more) = (channel.name.as_str().to_owned(), self.next < channel.members.len());
        if !line.is_empty() {
            cx.reply(RPL_NAMREPLY, &[sign, &name], Text::Plain(&line));
        }
        if !more {
            cx.reply(RPL_ENDOFNAMES, &[&name], Text::Said(Phrase::END_OF_NAMES, &[]));
            self.channels.pop();
            self.next = 0;
        }
        self.channels.is_empty()
    }
}

//! INVITE and UNINVITE: invites a user to a channel, and withdraws an invitation.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy;
use crate::i18n::Phrase;
use crate::state::{Fact, Rank};
use crate::wire::numeric::{RPL_AWAY, RPL_INVITING};
use crate::wire::{Message, Text};

use super::Command;

pub(super) const INVITE: Command = Command::new("INVITE", invite).params(2).help(
    "<nick> <channel>: invites a user to a channel; an invitation by a channel operator bypasses \
     +i, +k, +l and bans once",
);

pub(super) const UNINVITE: Command = Command::new("UNINVITE", uninvite)
    .params(2)
    .help("<nick> <channel>: withdraws an invitation to an invite-only channel");

fn invite(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let user = cx.find_user(m.param(0))?;
    let channel = cx.find_channel(m.param(1))?;
    let by = cx.me();
    policy::can_invite(cx.state(), by, user, channel)?;
    let nick = cx.state().users[user].nick.as_str().to_owned();
    let name = cx.state().channels[channel].name.as_str().to_owned();
    let opens = policy::rank_of_user(cx.state(), by, channel) >= Some(Rank::Op);
    cx.commit(Fact::Invited { by, user, channel, opens });
    cx.reply(RPL_INVITING, &[&nick, &name], Text::None);
    if let Some(away) = cx.state().users[user].away.clone() {
        cx.reply(RPL_AWAY, &[&nick], Text::Plain(&away));
    }
    Ok(())
}

fn uninvite(cx: &mut Cx<'_>, m: &Message<'_>) -> Outcome {
    let user = cx.find_user(m.param(0))?;
    let id = cx.find_channel(m.param(1))?;
    let channel = &cx.state().channels[id];
    let name = channel.name.as_str().to_owned();
    if !channel.members.contains_key(&cx.me()) {
        return Err(Refusal::NotOnChannel(name));
    }
    let fail = |code, text| Refusal::Fail { command: "UNINVITE", code, context: vec![name.clone()], text };
    if !channel.flags.has('i') {
        return Err(fail("NOT_INVITE_ONLY", Phrase::NOT_INVITE_ONLY));
    }
    if policy::rank_of_user(cx.state(), cx.me(), id) < Some(Rank::Op) {
        return Err(fail("PRIVS_NEEDED", Phrase::NOT_CHANNEL_OPERATOR));
    }
    let nick = cx.state().users[user].nick.as_str().to_owned();
    cx.commit(Fact::Uninvited { user, channel: id });
    cx.reply_command("UNINVITE", &[&nick, &name], Text::None);
    Ok(())
}

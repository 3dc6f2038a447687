//! OP and DEOP: ranks of members, according to the registration.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy;
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;
use crate::state::fact::Change;
use crate::state::{ChannelId, Fact, ModeChange, Rank, UserId};

use super::{CS, change_rank, find, find_registered, is_founder, is_registration_enabled, shown};

pub(super) const OP: ServiceCommand = ServiceCommand::new("OP", op)
    .params(1, 2)
    .logged_in()
    .enabled(is_registration_enabled)
    .help("<channel> [<nick>]: gives you your channel privileges, or makes a user a channel operator")
    .more(&[
        "Your privileges are those of the founder or those set with AMODE. Only the founder can op others.",
    ]);

pub(super) const DEOP: ServiceCommand = ServiceCommand::new("DEOP", deop)
    .params(1, 2)
    .enabled(is_registration_enabled)
    .help("<channel> [<nick>]: removes channel privileges from you, or from another user")
    .more(&["You can remove the privileges that you could remove with MODE."]);

/// Finds the named member, by default the user being served.
fn member(cx: &Cx<'_>, id: ChannelId, nick: Option<&&str>) -> Result<UserId, Refusal> {
    let user = match nick {
        Some(nick) => cx.find_user(nick).map_err(|_| CS.refuse(Phrase::NO_SUCH_NICK, &[]))?,
        None => cx.me(),
    };
    match cx.state().channels[id].members.contains_key(&user) {
        true => Ok(user),
        false => Err(CS.refuse(Phrase::NOT_IN_THAT_CHANNEL, &[cx.state().users[user].nick.as_str()])),
    }
}

fn op(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let id = find_registered(cx, params[0])?;
    let user = member(cx, id, params.get(1))?;
    let rank = if user == cx.me() {
        let own = cx.state().channels[id].rank_by_account(cx.user());
        own.ok_or_else(|| CS.refuse(Phrase::NO_STORED_RANK, &[]))?
    } else if is_founder(cx, id) {
        Rank::Op
    } else {
        return Err(CS.refuse(Phrase::FOUNDER_ONLY, &[]));
    };
    change_rank(cx, id, user, rank, true);
    let (nick, mode) = (cx.state().users[user].nick.as_str().to_owned(), rank.letter().to_string());
    let channel = shown(cx, id);
    cx.tell(CS, Phrase::RANK_GIVEN, &[&nick, &mode, &channel]);
    Ok(())
}

fn deop(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let id = find(cx, params[0])?;
    let (me, user) = (cx.me(), member(cx, id, params.get(1))?);
    let held = cx.state().channels[id].ranks(user);
    let held: Vec<Rank> = Rank::ALL.into_iter().filter(|&rank| held.has(rank)).collect();
    if held.is_empty() {
        return Err(CS.refuse(Phrase::NO_RANK_TO_TAKE, &[]));
    }
    let own = policy::rank_of_user(cx.state(), me, id);
    let may = |rank: &Rank| policy::can_change_mode(own, Some(*rank), false, user == me);
    let taken = held.into_iter().filter(may);
    let change = |rank| Change { change: ModeChange::Rank { rank, on: false, user }, entry: None };
    let changes: Vec<Change> = taken.map(change).collect();
    if changes.is_empty() {
        return Err(CS.refuse(Phrase::NO_CHANNEL_PRIVILEGE, &[]));
    }
    cx.commit(Fact::ModesChanged { by: Some(me), channel: id, changes });
    cx.tell(CS, Phrase::RANKS_TAKEN, &[]);
    Ok(())
}

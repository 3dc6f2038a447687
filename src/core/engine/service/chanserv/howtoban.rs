//! HOWTOBAN: suggests a mask with which to ban a user.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy;
use crate::engine::service::ServiceCommand;
use crate::engine::setup::settings;
use crate::i18n::Phrase;
use crate::state::{ChannelId, Rank, UserId};
use crate::text::{Mask, folded_nuh, wrap};
use crate::wire::Text;

use super::{CS, find, is_registration_enabled, shown};

/// Maximum bytes of nicks in one line of the answer.
const NICKS_BYTES_MAX: usize = 300;

pub(super) const HOWTOBAN: ServiceCommand = ServiceCommand::new("HOWTOBAN", how_to_ban)
    .params(2, 2)
    .enabled(is_registration_enabled)
    .help("<channel> <nick>: suggests a ban mask for a user")
    .more(&["The mask depends on how the user is connected."]);

fn how_to_ban(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let id = find(cx, params[0])?;
    if policy::rank_of_user(cx.state(), cx.me(), id) < Some(Rank::Op) && !cx.user().may("samode") {
        return Err(CS.refuse(Phrase::NO_CHANNEL_PRIVILEGE, &[]));
    }
    let nick = params[1];
    let user = cx.find_user(nick).ok();
    let mask = match user {
        Some(user) => ban_mask(cx, id, user)?,
        None => {
            let key = cx.setup.mapping.nick_key(nick).ok();
            let former = key.and_then(|key| cx.state().whowas.of(&key).next().map(|f| f.host.clone()));
            let host = former.ok_or_else(|| CS.refuse(Phrase::NO_SUCH_NICK, &[]))?;
            cx.tell(CS, Phrase::BAN_BY_WHOWAS, &[nick]);
            format!("*!*@{host}")
        }
    };
    let name = shown(cx, id);
    cx.tell(CS, Phrase::BAN_PROPOSAL, &[nick, &format!("/MODE {name} +b {mask}")]);
    warn_of_others(cx, id, user, &mask);
    cx.tell(CS, Phrase::BAN_THEN_KICK, &[]);
    Ok(())
}

/// Returns the mask to ban a user: by nick if the nick must be the account name and so cannot change,
/// otherwise by the visible host. The cloak beneath a vhost would reveal which other nicks belong to the
/// same person.
fn ban_mask(cx: &Cx<'_>, id: ChannelId, user: UserId) -> Result<String, Refusal> {
    let (channel, user) = (&cx.state().channels[id], &cx.state().users[user]);
    if channel.is_founder(user) {
        return Err(CS.refuse(Phrase::BAN_OF_FOUNDER, &[user.account_or_star()]));
    }
    if channel.rank_by_account(user).is_some() {
        return Err(CS.refuse(Phrase::BAN_OF_RANK, &[user.account_or_star()]));
    }
    let account = user.account.as_ref().and_then(|name| cx.state().accounts.get(name.key()));
    if account.is_some_and(|account| settings::uses_account_name(cx.config(), &account.settings)) {
        return Ok(format!("{}!*@*", user.nick.as_str()));
    }
    Ok(format!("*!*@{}", user.host()))
}

fn warn_of_others(cx: &mut Cx<'_>, id: ChannelId, target: Option<UserId>, mask: &str) {
    let Some(mask) = Mask::parse(cx.setup.mapping, mask) else { return };
    let users = &cx.state().users;
    // Matches the visible host only, for the same reason as `ban_mask`.
    let matches = |&&id: &&UserId| {
        let user = &users[id];
        Some(id) != target && mask.matches(&folded_nuh(user.nick.key(), &user.username, user.host()))
    };
    let members = cx.state().channels[id].members.keys();
    let others: Vec<String> =
        members.filter(matches).map(|&user| users[user].nick.as_str().to_owned()).collect();
    if others.is_empty() {
        return;
    }
    cx.tell(CS, Phrase::BAN_HITS_OTHERS, &[&others.len().to_string()]);
    for line in wrap(&others, NICKS_BYTES_MAX) {
        cx.notice(CS, Text::Plain(&line));
    }
}

//! AMODE: ranks that accounts get when they join.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::{Outcome, Refusal};
use crate::engine::policy;
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;
use crate::state::fact::RegistryChange;
use crate::state::{ChannelId, Fact, Rank};

use super::{
    CHANREG, CS, account_name, change_rank_of_account, find_account, find_registered,
    is_registration_enabled, registration, shown,
};

pub(super) const AMODE: ServiceCommand = ServiceCommand::new("AMODE", amode)
    .params(1, 3)
    .enabled(is_registration_enabled)
    .help("<channel> [<mode> <account>]: shows or changes the persistent modes of accounts in a channel")
    .more(&[
        "For example, `AMODE #channel +o dan` makes the user logged in as dan a channel operator,",
        "now and on every join. It applies to accounts, not nicks.",
        "You can change the privileges that you could change with MODE, except the founder's.",
    ]);

fn amode(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let id = find_registered(cx, params[0])?;
    match params[1..] {
        [] => list(cx, id),
        [mode, account] => {
            let (rank, on) = parse(mode).ok_or_else(|| bad_mode(mode))?;
            change(cx, id, rank, on, account)
        }
        _ => Err(CS.refuse(Phrase::SERVICE_BAD_PARAMETERS, &[CS.name(), "AMODE"])),
    }
}

fn bad_mode(mode: &str) -> Refusal {
    CS.refuse(Phrase::NOT_A_RANK, &[mode])
}

/// Parses a mode such as `+o`, `-v` or `o`.
fn parse(mode: &str) -> Option<(Rank, bool)> {
    let (sign, letter) = mode.split_at(mode.len().checked_sub(1).filter(|&at| mode.is_char_boundary(at))?);
    let on = match sign {
        "+" | "" => true,
        "-" => false,
        _ => return None,
    };
    Some((Rank::by_letter(letter.chars().next()?)?, on))
}

/// Returns the rank that the account of the user being served has; operators count as founders.
fn own_rank(cx: &Cx<'_>, id: ChannelId) -> Option<Rank> {
    match cx.user().may(CHANREG) {
        true => Some(Rank::Founder),
        false => cx.state().channels[id].rank_by_account(cx.user()),
    }
}

fn list(cx: &mut Cx<'_>, id: ChannelId) -> Outcome {
    if own_rank(cx, id) < Some(Rank::Halfop) {
        return Err(CS.refuse(Phrase::NO_CHANNEL_PRIVILEGE, &[]));
    }
    let registration = registration(cx, id);
    let mut all = vec![(account_name(cx, &registration.founder), Rank::Founder)];
    all.extend(registration.amodes.iter().map(|(account, &rank)| (account_name(cx, account), rank)));
    all.sort_by_key(|&(_, rank)| std::cmp::Reverse(rank));
    let name = shown(cx, id);
    cx.tell(CS, Phrase::AMODE_COUNT, &[&name, &all.len().to_string()]);
    for (account, rank) in all {
        cx.tell(CS, Phrase::AMODE_ENTRY, &[&account, &rank.letter().to_string()]);
    }
    Ok(())
}

fn change(cx: &mut Cx<'_>, id: ChannelId, rank: Rank, on: bool, account: &str) -> Outcome {
    let account = find_account(cx, account)?;
    let registration = registration(cx, id);
    let is_founder = *registration.founder == *account;
    let before = registration.amodes.get(&*account).copied();
    let is_self = cx.account().is_some_and(|own| own.name.key() == account);
    let own = own_rank(cx, id);
    // The user must also be allowed to remove the rank that is replaced.
    let may = |rank, on| policy::can_change_mode(own, Some(rank), on, is_self);
    if is_founder || !may(rank, on) || before.is_some_and(|before| !may(before, false)) {
        return Err(CS.refuse(Phrase::NO_CHANNEL_PRIVILEGE, &[]));
    }
    let changes = if on { before != Some(rank) } else { before == Some(rank) };
    if !changes {
        return Err(CS.refuse(Phrase::NOTHING_CHANGED, &[]));
    }
    let limit = cx.config().limits.chan_list_modes;
    if on && before.is_none() && registration.amodes.len() >= limit {
        return Err(CS.refuse(Phrase::AMODES_FULL, &[&limit.to_string()]));
    }
    let change = RegistryChange::Amode { account: &account, rank: on.then_some(rank) };
    cx.commit(Fact::RegistryChanged { channel: id, change });
    let mode = format!("{}{}", if on { '+' } else { '-' }, rank.letter());
    let (name, shown) = (account_name(cx, &account), shown(cx, id));
    cx.tell(CS, Phrase::AMODE_CHANGED, &[&mode, &name, &shown]);
    change_rank_of_account(cx, id, &account, rank, on);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_a_single_rank() {
        assert_eq!(parse("+o"), Some((Rank::Op, true)));
        assert_eq!(parse("v"), Some((Rank::Voice, true)));
        assert_eq!(parse("-q"), Some((Rank::Founder, false)));
        assert_eq!([parse(""), parse("+"), parse("+b"), parse("+oo"), parse("+é")], [None; 5]);
    }
}

//! TRANSFER: transfers a channel to another founder.

use crate::config::LogType;
use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::service::{ServiceCommand, confirmation_code};
use crate::i18n::Phrase;
use crate::state::fact::RegistryChange;
use crate::state::{ChannelId, Fact, Rank};

use super::{
    CHANREG, CS, account_name, change_rank_of_account, check_channel_limit, find_account, find_managed,
    find_registered, is_registration_enabled, registration, shown,
};

pub(super) const TRANSFER: ServiceCommand = ServiceCommand::new("TRANSFER", transfer)
    .params(2, 3)
    .logged_in()
    .enabled(is_registration_enabled)
    .help("<channel> <account> [<code>] | ACCEPT <channel>: transfers a channel to another account")
    .more(&[
        "Without a code, it shows the confirmation code.",
        "The new owner must ACCEPT, unless you are a server operator.",
        "To cancel a pending transfer, transfer the channel to yourself.",
    ]);

fn transfer(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    if params[0].eq_ignore_ascii_case("ACCEPT") {
        return accept(cx, params[1]);
    }
    let id = find_managed(cx, params[0])?;
    let (name, account) = (shown(cx, id), find_account(cx, params[1])?);
    if *registration(cx, id).founder == *account {
        cx.commit(Fact::RegistryChanged { channel: id, change: RegistryChange::Offered(None) });
        cx.tell(CS, Phrase::TRANSFER_CANCELLED, &[&name]);
        return Ok(());
    }
    let account_shown = account_name(cx, &account);
    let code = confirmation_code(&name, registration(cx, id).registered_ms);
    if params.get(2).is_none_or(|given| !given.eq_ignore_ascii_case(&code)) {
        cx.tell(CS, Phrase::TRANSFER_WARNING, &[]);
        let command = format!("TRANSFER {name} {account_shown} {code}");
        cx.tell(CS, Phrase::SERVICE_CONFIRM, &[CS.name(), &command]);
        return Ok(());
    }
    if cx.user().may(CHANREG) {
        hand_over(cx, id, &account);
        cx.tell(CS, Phrase::TRANSFERRED, &[&name, &account_shown]);
        return Ok(());
    }
    cx.commit(Fact::RegistryChanged { channel: id, change: RegistryChange::Offered(Some(&account)) });
    cx.tell(CS, Phrase::TRANSFER_OFFERED, &[&name, &account_shown]);
    notify_account(cx, &account, &name);
    Ok(())
}

/// Notifies all clients of the account of the offer.
fn notify_account(cx: &mut Cx<'_>, account: &str, channel: &str) {
    for user in cx.state().users_of(account).to_vec() {
        for session in cx.state().users[user].sessions.clone() {
            cx.serve(session, |cx| cx.tell(CS, Phrase::TRANSFER_OFFER, &[channel]));
        }
    }
}

fn accept(cx: &mut Cx<'_>, name: &str) -> Outcome {
    let id = find_registered(cx, name)?;
    let account = cx.account().expect("the command requires a login").name.key().to_owned();
    let name = shown(cx, id);
    if registration(cx, id).offered_to.as_deref() != Some(&*account) {
        return Err(CS.refuse(Phrase::TRANSFER_NOT_OFFERED, &[&name]));
    }
    check_channel_limit(cx)?;
    hand_over(cx, id, &account);
    cx.tell(CS, Phrase::TRANSFER_ACCEPTED, &[&name]);
    Ok(())
}

fn hand_over(cx: &mut Cx<'_>, id: ChannelId, account: &str) {
    let before = registration(cx, id).founder.to_string();
    let text = format!("{} transferred channel {} from {before} to {account}", cx.nick(), shown(cx, id));
    cx.note(Level::Info, LogType::Services, text);
    cx.commit(Fact::RegistryChanged { channel: id, change: RegistryChange::Founder(account) });
    change_rank_of_account(cx, id, &before, Rank::Founder, false);
    change_rank_of_account(cx, id, account, Rank::Founder, true);
}

//! INFO: shows the founder of a channel, or lists the user's own channels.

use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::service::ServiceCommand;
use crate::i18n::Phrase;
use crate::wire::Text;
use crate::wire::clock::long_date;

use super::{CHANREG, CS, account_name, find, is_registration_enabled};

pub(super) const INFO: ServiceCommand = ServiceCommand::new("INFO", info)
    .params(0, 1)
    .enabled(is_registration_enabled)
    .help("[<channel>]: shows information about a channel, or lists your registered channels");

fn info(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    match params.first() {
        Some(name) => channel_info(cx, name),
        None => own_channels(cx),
    }
}

fn own_channels(cx: &mut Cx<'_>) -> Outcome {
    let Some(account) = cx.account() else { return Err(CS.refuse(Phrase::SERVICE_LOGIN_FIRST, &[])) };
    let (name, key) = (account.name.as_str().to_owned(), account.name.key());
    let own = cx.state().registered_channels().filter(|(.., registration)| *registration.founder == *key);
    let own: Vec<String> = own.map(|(_, channel, _)| format!("  {}", channel.name.as_str())).collect();
    cx.tell(CS, Phrase::CHANNELS_OF_ACCOUNT, &[&name, &own.len().to_string()]);
    own.iter().for_each(|line| cx.notice(CS, Text::Plain(line)));
    Ok(())
}

fn channel_info(cx: &mut Cx<'_>, name: &str) -> Outcome {
    let key = cx.setup.mapping.channel_key(name).map_err(|_| CS.refuse(Phrase::NOT_A_CHANNEL_NAME, &[]))?;
    if let Some(purge) = cx.state().purges.get(&*key).cloned() {
        cx.tell(CS, Phrase::CHANNEL_IS_PURGED, &[name]);
        if cx.user().may(CHANREG) {
            let at = long_date(purge.at_ms / 1000);
            cx.tell(CS, Phrase::PURGE_DETAILS, &[&purge.by, &at, &purge.reason]);
        }
    }
    let registered = find(cx, name).ok().and_then(|id| {
        let channel = &cx.state().channels[id];
        let registration = channel.registration.as_ref()?;
        let founder = account_name(cx, &registration.founder);
        Some((channel.name.as_str().to_owned(), founder, long_date(registration.registered_ms / 1000)))
    });
    let Some((name, founder, at)) = registered else {
        return Err(CS.refuse(Phrase::CHANNEL_NOT_REGISTERED, &[name]));
    };
    cx.tell(CS, Phrase::CHANNEL_INFO, &[&name, &founder, &at]);
    Ok(())
}

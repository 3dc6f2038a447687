//! REGISTER and UNREGISTER: registration of channels.

use crate::config::LogType;
use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::service::{ServiceCommand, confirmation_code};
use crate::i18n::Phrase;
use crate::state::fact::RegistryChange;
use crate::state::{Fact, Rank};

use super::{
    CHANREG, CS, change_rank, check_channel_limit, find, find_managed, is_registration_enabled, registration,
    shown,
};

pub(super) const REGISTER: ServiceCommand = ServiceCommand::new("REGISTER", register)
    .params(1, 1)
    .logged_in()
    .enabled(is_registration_enabled)
    .help("<channel>: registers a channel")
    .more(&[
        "You must be a channel operator. A registered channel keeps its topic and modes while it is empty.",
    ]);

pub(super) const UNREGISTER: ServiceCommand = ServiceCommand::new("UNREGISTER", unregister)
    .aliases(&["DROP"])
    .params(1, 2)
    .enabled(is_registration_enabled)
    .help("<channel> [<code>]: unregisters a channel")
    .more(&["Without a code, it shows the confirmation code."]);

fn register(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    if cx.config().channels.registration.operator_only && !cx.user().may(CHANREG) {
        return Err(CS.refuse(Phrase::REGISTRATION_RESTRICTED, &[]));
    }
    let id = find(cx, params[0])?;
    let (me, channel) = (cx.me(), &cx.state().channels[id]);
    if !channel.is_at_least(me, Rank::Op) {
        return Err(CS.refuse(Phrase::REGISTER_NEEDS_OP, &[]));
    }
    let name = shown(cx, id);
    if channel.registration.is_some() {
        return Err(CS.refuse(Phrase::CHANNEL_IS_REGISTERED, &[&name]));
    }
    check_channel_limit(cx)?;
    let founder = cx.account().expect("the command requires a login").name.key().to_owned();
    cx.commit(Fact::RegistryChanged {
        channel: id,
        change: RegistryChange::Registered { founder: &founder },
    });
    cx.note(Level::Info, LogType::Services, format!("{} registered channel {name}", cx.nick()));
    cx.tell(CS, Phrase::CHANNEL_REGISTERED, &[&name]);
    change_rank(cx, id, me, Rank::Founder, true);
    Ok(())
}

fn unregister(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    let id = find_managed(cx, params[0])?;
    let name = shown(cx, id);
    let code = confirmation_code(&name, registration(cx, id).registered_ms);
    if params.get(1).is_none_or(|given| !given.eq_ignore_ascii_case(&code)) {
        cx.tell(CS, Phrase::CHANNEL_UNREGISTER_WARNING, &[]);
        cx.tell(CS, Phrase::SERVICE_CONFIRM, &[CS.name(), &format!("UNREGISTER {name} {code}")]);
        return Ok(());
    }
    cx.commit(Fact::RegistryChanged { channel: id, change: RegistryChange::Unregistered });
    cx.note(Level::Info, LogType::Services, format!("{} unregistered channel {name}", cx.nick()));
    cx.tell(CS, Phrase::CHANNEL_UNREGISTERED, &[&name]);
    Ok(())
}

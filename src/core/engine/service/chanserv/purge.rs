//! PURGE: channel names that cannot be used.

use crate::config::LogType;
use crate::engine::border::Level;
use crate::engine::context::cx::Cx;
use crate::engine::context::refusal::Outcome;
use crate::engine::service::{ServiceCommand, confirmation_code};
use crate::i18n::Phrase;
use crate::state::Fact;
use crate::state::registry::Purge;

use super::{CHANREG, CS, find, list, shown};

pub(super) const PURGE: ServiceCommand = ServiceCommand::new("PURGE", purge)
    .params(1, 4)
    .text_last()
    .right(CHANREG)
    .help("ADD <channel> [<code> [<reason>]] | DEL <channel> | LIST: manages purged channels")
    .more(&[
        "ADD empties the channel and blocks its name until DEL.",
        "Without a code, it shows the confirmation code.",
        "A registration is kept and takes effect again after DEL.",
    ]);

fn purge(cx: &mut Cx<'_>, params: &[&str]) -> Outcome {
    match (params[0].to_ascii_uppercase().as_str(), &params[1..]) {
        ("ADD", [channel, rest @ ..]) => add(cx, channel, rest.first().copied(), rest.get(1).copied()),
        ("DEL", [channel]) => remove(cx, channel),
        ("LIST", []) => {
            list::purged(cx);
            Ok(())
        }
        _ => Err(CS.refuse(Phrase::SERVICE_BAD_PARAMETERS, &[CS.name(), "PURGE"])),
    }
}

fn add(cx: &mut Cx<'_>, name: &str, code: Option<&str>, reason: Option<&str>) -> Outcome {
    let parsed = cx.setup.mapping.channel(name, cx.config().limits.channellen);
    let parsed = parsed.map_err(|_| CS.refuse(Phrase::NOT_A_CHANNEL_NAME, &[]))?;
    if cx.state().purges.contains_key(parsed.key()) {
        return Err(CS.refuse(Phrase::ALREADY_PURGED, &[name]));
    }
    let existing = find(cx, name).ok();
    let name = existing.map_or_else(|| name.to_owned(), |id| shown(cx, id));
    let created_ms = existing.map_or(0, |id| cx.state().channels[id].created_s * 1000);
    let expected = confirmation_code(&name, created_ms);
    if code.is_none_or(|code| !code.eq_ignore_ascii_case(&expected)) {
        cx.tell(CS, Phrase::PURGE_WARNING, &[]);
        cx.tell(CS, Phrase::SERVICE_CONFIRM, &[CS.name(), &format!("PURGE ADD {name} {expected}")]);
        return Ok(());
    }
    let by = cx.user().oper.as_ref().map_or("", |oper| &oper.name).into();
    let reason = reason.unwrap_or_default();
    cx.note(Level::Info, LogType::Opers, format!("{} purged channel {name}: {reason}", cx.nick()));
    let purge = Purge { name: name.as_str().into(), by, reason: reason.into(), at_ms: cx.now.wall_ms };
    cx.commit(Fact::PurgeSet { key: parsed.key(), purge: Some(purge) });
    if let Some(channel) = existing {
        let reason = cx.setup.said(Phrase::CLOSED_BY_OPERS, &[]);
        cx.commit(Fact::Cleared { by: None, channel, stays: None, reason: &reason });
    }
    cx.tell(CS, Phrase::PURGED, &[&name]);
    Ok(())
}

fn remove(cx: &mut Cx<'_>, name: &str) -> Outcome {
    let key = cx.setup.mapping.channel_key(name).ok();
    let key = key.filter(|key| cx.state().purges.contains_key(&**key));
    let Some(key) = key else { return Err(CS.refuse(Phrase::NOT_PURGED, &[name])) };
    cx.note(Level::Info, LogType::Opers, format!("{} unpurged channel {name}", cx.nick()));
    cx.commit(Fact::PurgeSet { key: &key, purge: None });
    cx.tell(CS, Phrase::UNPURGED, &[name]);
    Ok(())
}
